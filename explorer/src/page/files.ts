/** @file Files that the reader dropped or chose. */
import type { NamedBlob } from "induction-lens/browser";

export interface ChosenFiles {
  /** What the model is called from then on. */
  readonly id: string;
  readonly files: readonly NamedBlob[];
}

/** The files of one model: those of a folder, or single ones; null without any. */
export async function chosenFiles(list: readonly File[]): Promise<ChosenFiles | null> {
  const [first] = list;
  if (!first) return null;
  const folder = first.webkitRelativePath.split("/")[0];
  const files = list.map((file) => ({ name: file.name, blob: file as Blob }));
  return { id: folder || (await nameOf(list)), files };
}

/**
 * What single files are called: as their config.json says, whose weights are mostly called model.safetensors in every model; else as
 * the largest, such as a GGUF.
 */
async function nameOf(list: readonly File[]): Promise<string> {
  const largest = list.reduce((most, file) => (file.size > most.size ? file : most));
  const config = list.find(({ name }) => name === "config.json");
  if (!config || config.size > LONGEST_CONFIG) return largest.name;
  try {
    const { _name_or_path: path, model_type: type } = JSON.parse(await config.text()) as Readonly<
      Record<string, unknown>
    >;
    const pathName = typeof path === "string" ? path.split(/[\\/]/).findLast(Boolean) : undefined;
    return pathName ?? (typeof type === "string" && type !== "" ? type : largest.name);
  } catch {
    return largest.name; // what is wrong with it, the engine says
  }
}

const LONGEST_CONFIG = 1e6;

/** What was dropped: files, and the files that lie directly in a folder. */
export async function droppedFiles(data: DataTransfer): Promise<ChosenFiles | null> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry());
  const folder = entries.find((entry) => entry?.isDirectory) as
    FileSystemDirectoryEntry | undefined;
  if (!folder) return chosenFiles([...data.files]);
  const files = await filesIn(folder);
  return files.length === 0
    ? null
    : { id: folder.name, files: files.map((file) => ({ name: file.name, blob: file as Blob })) };
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return files;
    for (const entry of batch)
      if (entry.isFile)
        files.push(
          await new Promise((resolve, reject) =>
            (entry as FileSystemFileEntry).file(resolve, reject),
          ),
        );
  }
}
