/**
 * OpenedObject: an object whose fields were found by `walk.ts`.
 * In: nothing. Out: places. Never: bytes.
 */

/** A definition, and where its fields stand. Filled by `FieldReader.open`, kept by who asked. */
export class OpenedObject {
  /** Number of its definition. */
  definition = -1;
  /** The object with its constructor number is `bytes[start..stop)`. */
  start = 0;
  stop = 0;
  /** Where each field begins, in the order of the definition; -1 of one that is not there. */
  readonly places: number[] = [];
}
