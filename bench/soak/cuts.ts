export async function cuts(
  _step: number,
  _progress: (text: string) => void,
): Promise<{ lines: string[]; wrong: string[] }> {
  return { lines: [], wrong: [] };
}
