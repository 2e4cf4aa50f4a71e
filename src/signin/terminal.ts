/**
 * Terminal: asks a person at a terminal, and draws QR codes there.
 * In: keys. Out: prompts and drawings on the given stream. Never: a secret in clear: it is masked while it is typed and afterwards.
 */
import type { Readable, Writable } from 'node:stream';
import { confirm, isCancel, log, password, text } from '@clack/prompts';
import { renderUnicodeCompact } from 'uqr';
import type { Asker } from './asker.ts';
import { Interrupted, type Question } from './steps.ts';

/** White on black in every terminal: scanners need dark modules to be dark. */
const PAPER = '\u001b[38;5;231m\u001b[48;5;16m';
const PLAIN = '\u001b[0m';

/** An asker at a terminal. */
export class Terminal implements Asker {
  readonly #input: Readable;
  readonly #output: Writable;
  /** Lines of the drawing above the cursor; 0 if something was written after it. */
  #drawn = 0;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
  }

  async ask(question: Question, signal: AbortSignal): Promise<string> {
    this.#drawn = 0;
    const answer = await this.#prompt(question, signal);
    if (isCancel(answer)) throw new Interrupted();
    if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
    // The prompt gives undefined for an empty line.
    return answer ?? '';
  }

  #prompt({ text: message, isSecret, isYesNo, mayBeEmpty }: Question, signal: AbortSignal) {
    const common = { message, input: this.#input, output: this.#output, signal };
    if (isYesNo) return confirm({ ...common, message: message.replace(/ \(yes\/no\)$/, '') });
    const validate = (typed: string | undefined): string | undefined =>
      mayBeEmpty || (typed !== undefined && typed.trim() !== '') ? undefined : 'An answer is needed here.';
    return isSecret ? password({ ...common, validate }) : text({ ...common, validate });
  }

  say(sentence: string): void {
    this.#drawn = 0;
    log.info(sentence, { output: this.#output });
  }

  show(url: string, seconds: number): void {
    const drawing = renderUnicodeCompact(url, { border: 2 })
      .split('\n')
      .map((line) => `  ${PAPER}${line}${PLAIN}`);
    const lines = [
      'Scan this in Telegram: Settings > Devices > Link Desktop Device.',
      '',
      ...drawing,
      '',
      url,
      `Valid for ${seconds} seconds, then a new one is drawn. Ctrl-C ends the sign-in.`,
      '',
    ];
    const above = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A\u001b[J`;
    this.#output.write(`${above}${lines.join('\n')}`);
    this.#drawn = lines.length - 1;
  }

  close(): void {
    this.#drawn = 0;
  }
}
