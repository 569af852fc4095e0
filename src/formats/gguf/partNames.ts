/** @file Names of the parts of a GGUF, `NAME-00001-of-00003.gguf`, as llama.cpp's gguf-split gives them. */
const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;
const MOST_PARTS = 10_000;

/** The names of all parts of the GGUF that a file of this name is a part of; null if the name is not a part's. */
export function partNames(fileName: string): string[] | null {
  const [, stem, part, count] = PART.exec(fileName) ?? [];
  const parts = Number(count);
  if (!(Number(part) >= 1 && Number(part) <= parts && parts <= MOST_PARTS)) return null;
  const extension = fileName.slice(-".gguf".length);
  return Array.from(
    { length: parts },
    (_, index) => `${stem}-${digits(index + 1)}-of-${digits(parts)}${extension}`,
  );
}

/** One name for each GGUF among these files, in order: of several parts the first. */
export function firstParts(fileNames: readonly string[]): string[] {
  return [...new Set(fileNames.map((name) => partNames(name)?.[0] ?? name))].sort();
}

export function digits(number: number): string {
  return String(number).padStart(5, "0");
}
