/** The values of a page or a dictionary, made when they are asked for: most are looked at once and let go. */
export interface Values {
  at(index: number): unknown;
}
