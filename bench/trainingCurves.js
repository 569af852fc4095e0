/**
 * @file Made-up curves over training, with and without a change, of which the truth is known.
 *
 * Nothing here is a curve of the fit on purpose: power laws, slow sigmoids and two relaxations are not in its family, the
 * noise of some runs grows with the curve, and changes are skewed, lie on trends, and fall between checkpoints.
 */

const log10 = Math.log10;
const between = (stream, low, high) => low + (high - low) * stream.uniform();
const logBetween = (stream, low, high) => Math.exp(between(stream, Math.log(low), Math.log(high)));
const oneOf = (stream, items) => items[stream.integer(0, items.length - 1)];

/** 20 to 200 checkpoints over 2 to 4.5 decades: log-spaced, evenly spaced, or doubling and then even as Pythia's. */
export function checkpoints(stream) {
  const count = Math.round(logBetween(stream, 20, 200));
  const last = 10 ** between(stream, 3, 5);
  const kind = oneOf(stream, ["log", "log", "even", "pythia"]);
  let steps;
  if (kind === "log") {
    const first = last / 10 ** between(stream, 2, 4);
    steps = Array.from({ length: count }, (_, i) => first * (last / first) ** (i / (count - 1)));
  } else if (kind === "even") {
    steps = Array.from({ length: count }, (_, i) => (last * (i + 1)) / count);
  } else {
    const even = count - 10;
    const each = Math.max(1000, last / even);
    steps = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
    for (let i = 1; i <= even; i++) steps.push(Math.round(each * i));
  }
  return [...new Set(steps.map((step) => Math.max(1, Math.round(step))))].sort((a, b) => a - b);
}

const relaxation = (x, place) => Math.exp(-(10 ** (x - place)));
const sigmoid = (x, centre, width) => 1 / (1 + Math.exp((-(x - centre) / width) * 2 * Math.log(9)));

/** Smooth learning from 0 to about 1, or from 1 to about 0: by name, as functions of log10 step. */
export const TRENDS = {
  flat: () => () => 0,
  line: (_, low, high) => (x) => (x - low) / (high - low),
  "power law": (stream, low) => {
    const power = between(stream, 0.1, 1);
    const start = low + between(stream, 0, 1);
    return (x) => 1 - (1 + 10 ** (x - start)) ** -power;
  },
  relaxation: (stream, low, high) => {
    const place = between(stream, low, high);
    return (x) => 1 - relaxation(x, place);
  },
  "two relaxations": (stream, low, high) => {
    const [first, two] = [between(stream, low, high), between(stream, low, high)];
    const share = between(stream, 0.3, 0.7);
    return (x) => 1 - share * relaxation(x, first) - (1 - share) * relaxation(x, two);
  },
  "slow sigmoid": (stream, low, high) => {
    const [centre, width] = [between(stream, low, high), between(stream, 1.5, 3)];
    return (x) => sigmoid(x, centre, width);
  },
};

/** From 0 to 1 with half at `centre` and .1 to .9 within `width` decades; the fit has no ramps. */
function change(stream, centre, width) {
  const skew = oneOf(stream, ["even", "early", "late", "ramp"]);
  const span = Math.log(Math.LN10) - Math.log(-Math.log(0.9));
  const early = (x) => Math.exp(-Math.exp(-(-Math.log(Math.LN2) + ((x - centre) / width) * span)));
  const late = (x) => 1 - Math.exp(-Math.exp(Math.log(Math.LN2) + ((x - centre) / width) * span));
  const ramp = (x) => Math.min(1, Math.max(0, 0.5 + ((x - centre) / width) * 0.8));
  return { skew, of: { even: (x) => sigmoid(x, centre, width), early, late, ramp }[skew] };
}

/** Autocorrelated noise of standard deviation 1. */
function noiseOf(stream, count, correlation) {
  let before = stream.normal();
  return Array.from({ length: count }, (_, index) => {
    if (index > 0)
      before = correlation * before + Math.sqrt(1 - correlation ** 2) * stream.normal();
    return before;
  });
}

/**
 * One curve, rising or falling. Noise: standard deviation .5 to 10 % of the curve's height, autocorrelation 0 to .8; in a
 * third of the runs it is three times as large at the top as at the bottom. A change has a height of 1, takes .02 to .6
 * decades, has at least 4 checkpoints on each side, and stands on a trend of height 0 to .5.
 *
 * @returns values, what they are made of, and the true step of the change or null
 */
export function trainingCurve(stream, steps, { changes }) {
  const x = steps.map(log10);
  const [low, high] = [x[0], x.at(-1)];
  const trendName = oneOf(stream, Object.keys(TRENDS));
  const trend = TRENDS[trendName](stream, low, high);
  const sign = oneOf(stream, [1, -1]);
  const deviation = logBetween(stream, 0.005, 0.1);
  const correlation = oneOf(stream, [0, 0, 0.3, 0.6, 0.8]);
  const grows = stream.uniform() < 1 / 3;
  let level;
  let step = null;
  let width = null;
  let skew = null;
  if (changes) {
    const [first, last] = [x[4], x[x.length - 5]];
    const centre = between(stream, first, last);
    width = logBetween(stream, 0.02, 0.6);
    step = 10 ** centre;
    const share = between(stream, 0, 0.5);
    const shape = change(stream, centre, width);
    ({ skew } = shape);
    level = x.map((value) => shape.of(value) + share * trend(value));
  } else level = x.map(trend);
  const noise = noiseOf(stream, steps.length, correlation);
  const values = level.map((value, i) => {
    const factor = grows ? 0.5 + value : 1;
    return sign * (value + deviation * factor * noise[i]);
  });
  return { values, trend: trendName, deviation, correlation, grows, step, width, skew };
}
