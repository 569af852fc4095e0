import list from "../../generated/zoo.json";

/** A model that the project trained itself and that comes with the page. */
export interface ZooModel {
  /** `zoo:attn-2l` */
  readonly name: string;
  readonly about: string;
}

export const ZOO: readonly ZooModel[] = list;
