/**
 * Cuts a byte stream in every way that matters: whole, bytewise, in two at every byte, in pieces of 2 to 7.
 * In: a stream. Out: lists of pieces, each a block of its own, so that a reader that goes past its piece is caught.
 */
export function* cuts(stream: Uint8Array): Generator<Uint8Array[]> {
  yield [Uint8Array.from(stream)];
  for (let size = 1; size <= 7; size++) yield pieces(stream, size);
  for (let at = 1; at < stream.length; at++) yield [stream.slice(0, at), stream.slice(at)];
}

function pieces(stream: Uint8Array, size: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += size) out.push(stream.slice(at, at + size));
  return out;
}

/** The same stream cut after each of the given lengths in turn, as long as it lasts. */
export function cutBy(stream: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    if (at >= stream.length) break;
    out.push(stream.slice(at, at + length));
    at += length;
  }
  if (at < stream.length) out.push(stream.slice(at));
  return out;
}
