/** @file Lists whose order people know; `circular` ones begin again after their end. */
export interface Ordinals {
  readonly name: string;
  readonly circular: boolean;
  readonly items: readonly string[];
}

const list = (name: string, circular: boolean, items: string): Ordinals => ({
  name,
  circular,
  items: items.split(" "),
});

export const ORDINALS: readonly Ordinals[] = [
  list("days", true, "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
  list(
    "months",
    true,
    "January February March April May June July August September October November December",
  ),
  list("numbers", false, "one two three four five six seven eight nine ten eleven twelve"),
  list("ordinals", false, "first second third fourth fifth sixth seventh eighth ninth tenth"),
  list("digits", false, "0 1 2 3 4 5 6 7 8 9"),
  list("letters", false, "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z"),
];
