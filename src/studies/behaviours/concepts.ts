/** @file Words that tokenizers cut in several tokens: things, places, people of history; each is one concept. */
export const CONCEPTS: readonly string[] = `
accordion Adelaide aardvark abacus Aberdeen acrobat Addis albatross Aleppo alligator almanac amethyst anaconda anchovy
anemone Antwerp apothecary apricot aqueduct Aristotle armadillo arsenic artichoke asparagus asteroid astrolabe aubergine
avalanche avocado badminton baguette balaclava bandicoot Bangalore barnacle barometer bassoon Beethoven Belgrade
Birmingham blacksmith Bologna boomerang Bordeaux broccoli Bucharest buffalo burgundy buttercup cabaret cactus Caesar
calligraphy camembert candelabra cantaloupe carburetor cardamom caribou carousel casserole catamaran caterpillar
cathedral cauliflower cello centipede chameleon chandelier chanterelle Charlemagne cheetah chimpanzee chrysanthemum
cinnamon clarinet Cleopatra coconut cockatoo Copenhagen Copernicus coriander cormorant corvette crocodile croissant
crossbow cucumber cumin cyclamen daffodil Damascus dandelion Darjeeling Debussy dinosaur Dostoyevsky dromedary
Dubrovnik dumbbell dulcimer Edinburgh eggplant elephant emerald Euripides eucalyptus falcon fjord flamingo
flugelhorn foxglove Galapagos Galileo gardenia gazelle geranium Gibraltar giraffe gladiator glockenspiel gondola
gooseberry gorilla grapefruit grasshopper Gutenberg hacienda harpsichord Heidelberg hedgehog helicopter hemlock
hibiscus Himalaya hippopotamus Honolulu horseradish hovercraft hummingbird hurricane hyacinth ibex iguana Istanbul
jackal Jakarta jalapeno jellyfish kaleidoscope kangaroo Kathmandu kayak Kilimanjaro kingfisher koala kohlrabi
labyrinth ladybird lasagna lavender Leningrad leopard lichen Ljubljana llama lobster Machiavelli Madagascar
magnolia mahogany Mallorca mandolin mangrove Marrakesh marsupial marzipan mayonnaise Melbourne metronome
Michelangelo Minotaur mistletoe moccasin Mogadishu mongoose Montevideo mozzarella Mozart Nagasaki narwhal nasturtium
Nebuchadnezzar nectarine Nightingale nutmeg oboe obelisk octopus okapi oleander opossum orangutan orchid oregano
ostrich Palermo pancreas pangolin papyrus paprika parakeet parsnip passionfruit peacock pelican periscope persimmon
Petrarch petunia philodendron piccolo pineapple pistachio platypus pomegranate porcupine Prague pterodactyl pumpkin
Pythagoras quartz quinoa Rachmaninoff radish Rembrandt Reykjavik rhinoceros rhododendron rhubarb rosemary
rutabaga saffron salamander Samarkand sarsaparilla saxophone scorpion Shakespeare shallot sycamore Socrates sombrero
Stradivarius Stravinsky submarine syringe tambourine tangerine tapioca tarantula Tchaikovsky telescope tequila
theodolite Thessaloniki Timbuktu tortoise trampoline Trondheim truffle turmeric turnip turquoise ukulele Valparaiso
Velazquez Vladivostok walnut walrus watermelon weasel Westminster wolverine xylophone Yokohama zeppelin zucchini
`
  .trim()
  .split(/\s+/);
