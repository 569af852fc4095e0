import type { Flag } from "../../measure/verdict/names.ts";

/** What each flag of a verdict says of its head. */
export const FLAG_WORDS: Readonly<Record<Flag, string>> = {
  partial: "It attends that way with less than half of its attention.",
  redundant: "Others stand in for it: it costs more than twice as much once they are gone too.",
  backup: "It writes more once the other candidates are gone: a backup.",
  "follows-prediction":
    "Its stripe falls once the other candidates are gone: it follows what they predict.",
  "via-pattern": "It acts through where later heads attend.",
  indirect: "It acts through later layers and not on the logits directly.",
  inert: "It writes the right token, and nothing is lost without it.",
  norm: "Its size acts and not what it says: norms divide by less once its mean stands in for it, and by as much once another row's output does.",
  "first-token-rest": "It rests on the first token when it has nothing else to do.",
  undecided: "An interval spans a threshold that decides, so the label could be another.",
};
