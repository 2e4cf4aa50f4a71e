/**
 * Pipe: reads answers from a stream, one a line, and writes questions to another.
 * In: lines. Out: questions in words, or as JSON lines for programs (`--json`). Never: writes an answer.
 */
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Asker, noMoreAnswers } from './asker.ts';
import { Interrupted, type Question } from './steps.ts';

/** The form in which questions, sentences and links are written. */
export interface Voice {
  question(question: Question): string;
  sentence(text: string): string;
  link(url: string, seconds: number): string;
}

/** In words. */
export const WORDS: Voice = {
  question: ({ text }) => `${text}:`,
  sentence: (text) => text,
  link: (url) => `Open on a device that is signed in, or show as a QR code: ${url}`,
};

/** As JSON, one object a line. */
export const JSON_LINES: Voice = {
  question: ({ name, text, isSecret }) => JSON.stringify({ ask: name, text, secret: isSecret }),
  sentence: (text) => JSON.stringify({ say: text }),
  link: (url, seconds) => JSON.stringify({ qr: url, seconds }),
};

/** An asker over two streams. */
export class Pipe implements Asker {
  readonly #output: Writable;
  readonly #voice: Voice;
  readonly #lines: string[] = [];
  readonly #reader: Interface;
  readonly #input: Readable;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(input: Readable, output: Writable, voice: Voice) {
    this.#output = output;
    this.#voice = voice;
    this.#input = input;
    this.#reader = createInterface({ input, crlfDelay: Infinity });
    this.#reader.on('line', (line) => {
      this.#lines.push(line);
      this.#wake?.();
    });
    this.#reader.on('close', () => {
      this.#isEnded = true;
      this.#wake?.();
    });
  }

  async ask(question: Question, signal: AbortSignal): Promise<string> {
    this.#write(this.#voice.question(question));
    while (this.#lines.length === 0) {
      if (signal.aborted) throw new Interrupted();
      if (this.#isEnded) throw noMoreAnswers(question);
      await this.#event(signal);
    }
    return this.#lines.shift()!;
  }

  say(text: string): void {
    this.#write(this.#voice.sentence(text));
  }

  show(url: string, seconds: number): void {
    this.#write(this.#voice.link(url, seconds));
  }

  close(): void {
    this.#reader.close();
    this.#lines.length = 0;
    // Otherwise a writer that does not close its end would keep this process alive.
    this.#input.destroy();
  }

  #event(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }

  #write(text: string): void {
    this.#output.write(`${text}\n`);
  }
}
