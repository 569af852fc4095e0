/** @file Word pairs of small tasks, for few-shot prompts: what stands after `Q:`, and what after `A:`. */

export type WordPair = readonly [word: string, answer: string];

/** A task by its name in Results and in `--tasks`. */
export interface WordTask {
  readonly name: string;
  readonly title: string;
  readonly pairs: readonly WordPair[];
}

const pairsIn = (text: string): WordPair[] =>
  text
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split(":") as [string, string]);

/** Each word with a capital, of the words in small letters. */
const capitalised = (text: string): WordPair[] =>
  text
    .trim()
    .split(/\s+/)
    .map((word) => [word, word[0]!.toUpperCase() + word.slice(1)]);

export const WORD_TASKS: readonly WordTask[] = [
  {
    name: "opposites",
    title: "opposites",
    pairs: pairsIn(`
hot:cold big:small good:bad old:new up:down left:right black:white day:night open:closed high:low fast:slow rich:poor
young:old early:late hard:soft light:dark long:short strong:weak happy:sad full:empty wet:dry deep:shallow thick:thin
near:far inside:outside above:below before:after love:hate life:death war:peace true:false win:lose push:pull buy:sell
come:go give:take first:last north:south east:west summer:winter boy:girl man:woman king:queen father:mother brother:sister
more:less always:never everything:nothing front:back top:bottom start:end begin:finish clean:dirty safe:dangerous wide:narrow
sharp:dull cheap:expensive easy:difficult simple:complex public:private positive:negative success:failure friend:enemy
question:answer male:female increase:decrease import:export maximum:minimum teacher:student husband:wife
internal:external entrance:exit asleep:awake guilty:innocent heavy:light loud:quiet smooth:rough tall:short`),
  },
  {
    name: "capitals",
    title: "capitals of countries",
    pairs: pairsIn(`
France:Paris Germany:Berlin Italy:Rome Spain:Madrid Russia:Moscow Japan:Tokyo China:Beijing England:London Ireland:Dublin
Egypt:Cairo Greece:Athens Austria:Vienna Poland:Warsaw Sweden:Stockholm Norway:Oslo Finland:Helsinki Denmark:Copenhagen
Portugal:Lisbon Hungary:Budapest Turkey:Ankara Iran:Tehran Iraq:Baghdad Syria:Damascus Cuba:Havana Canada:Ottawa
Kenya:Nairobi India:Delhi Belgium:Brussels Ukraine:Kiev Lebanon:Beirut Jordan:Amman Israel:Jerusalem Afghanistan:Kabul
Thailand:Bangkok Vietnam:Hanoi Indonesia:Jakarta Philippines:Manila Chile:Santiago Peru:Lima Scotland:Edinburgh Taiwan:Taipei
Korea:Seoul Pakistan:Islamabad Libya:Tripoli Romania:Bucharest Serbia:Belgrade Bulgaria:Sofia Croatia:Zagreb
Netherlands:Amsterdam Nepal:Kathmandu Qatar:Doha Venezuela:Caracas Australia:Canberra Colombia:Bogota Wales:Cardiff
Morocco:Rabat Switzerland:Bern Tunisia:Tunis`),
  },
  {
    name: "plurals",
    title: "plurals",
    pairs: pairsIn(`
cat:cats dog:dogs house:houses car:cars tree:trees book:books child:children man:men woman:women mouse:mice city:cities
country:countries box:boxes foot:feet tooth:teeth leaf:leaves wolf:wolves knife:knives life:lives person:people story:stories
baby:babies family:families body:bodies hand:hands eye:eyes boy:boys girl:girls friend:friends river:rivers mountain:mountains
church:churches class:classes bus:buses party:parties army:armies star:stars king:kings road:roads ship:ships
window:windows door:doors table:tables chair:chairs bird:birds horse:horses flower:flowers stone:stones wall:walls letter:letters
word:words school:schools student:students teacher:teachers company:companies study:studies bank:banks
song:songs film:films game:games player:players team:teams mother:mothers brother:brothers sister:sisters`),
  },
  {
    name: "pastTense",
    title: "past tenses",
    pairs: pairsIn(`
go:went see:saw make:made take:took come:came give:gave find:found think:thought say:said know:knew get:got begin:began
write:wrote run:ran eat:ate drink:drank speak:spoke break:broke buy:bought bring:brought build:built catch:caught choose:chose
draw:drew drive:drove fall:fell feel:felt fight:fought fly:flew forget:forgot grow:grew hear:heard hold:held keep:kept
lead:led leave:left lose:lost meet:met pay:paid rise:rose sell:sold send:sent sing:sang sit:sat sleep:slept spend:spent
stand:stood steal:stole swim:swam teach:taught tell:told throw:threw wake:woke wear:wore win:won walk:walked talk:talked
look:looked ask:asked work:worked call:called need:needed want:wanted use:used try:tried help:helped start:started
play:played move:moved live:lived believe:believed open:opened close:closed turn:turned show:showed follow:followed`),
  },
  {
    name: "capitalLetters",
    title: "capital letters",
    pairs: capitalised(`
house water river stone light night money music story world paper table green black white brown small large young first
second third north south summer winter spring morning evening father mother brother sister people school church market
garden forest mountain island bridge street village castle king queen prince horse bird fish tree flower apple bread
knife sword window door floor wall ship train plane engine power energy nature science history language number letter
question answer reason truth peace freedom justice health hospital doctor teacher student friend family`),
  },
];
