/** A Piscina worker for tests: doubles numbers; a negative one ends its thread. */
export default function double(n: number): number {
  if (n < 0) process.exit(7);
  return n * 2;
}
