/** Every file that a figure may have in a folder of several files. */
export const FIGURE_FILES = ["svg", "png", "csv", "tex", "md"].map((ending) => `figure.${ending}`);
