/**
 * Planted secrets: looked for in whatever was said, in every form a program is likely to give them (threats: Secrets).
 * In: secrets by name, as text or bytes. Out: where which was found. Never: a secret's text in a finding.
 */
import { confess } from './child.ts';

/** Below this a secret is found by chance. */
const LEAST = 7;

/** One way of writing a secret. */
interface Form {
  readonly how: string;
  readonly bytes: Buffer;
}

/** Every way of writing it: plain, hex, base64 at any place of a longer run, URL, JSON. */
export function formsOf(secret: string | Uint8Array): Form[] {
  const bytes = Buffer.from(secret as string);
  if (bytes.length < LEAST) throw new Error(`a secret of ${bytes.length} bytes would be found by chance`);
  const hex = bytes.toString('hex');
  const texts: [string, string][] = [
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ['hex with commas', hex.replaceAll(/(..)(?!$)/g, '$1,')],
    ['hex with spaces', hex.replaceAll(/(..)(?!$)/g, '$1 ')],
    ['URL, every byte', hex.replaceAll(/../g, '%$&')],
    ['URL, every BYTE', hex.toUpperCase().replaceAll(/../g, '%$&')],
    ['array of numbers', [...bytes].join(',')],
    ['array of numbers, spaced', [...bytes].join(', ')],
  ];
  for (const shift of [0, 1, 2]) {
    const text = base64At(bytes, shift);
    texts.push([`base64 at ${shift}`, text]);
    texts.push([`base64url at ${shift}`, text.replaceAll('+', '-').replaceAll('/', '_')]);
  }
  if (typeof secret === 'string') texts.push(...textForms(secret));
  const plain: Form = { how: 'plain', bytes };
  return distinct([plain, ...texts.map(([how, text]) => ({ how, bytes: Buffer.from(text) }))]);
}

/** The characters that depend on nothing but the secret, when `shift` other bytes stand before it. */
function base64At(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}

function textForms(secret: string): [string, string][] {
  const units = [...Array(secret.length).keys()].map((i) => secret.charCodeAt(i).toString(16).padStart(4, '0'));
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [
    ['URL', encodeURIComponent(secret)],
    ['form', new URLSearchParams([['', secret]]).toString().slice(1)],
    ['JSON', escaped],
    ['JSON in JSON', JSON.stringify(escaped).slice(1, -1)],
    ['JSON, every unit', units.map((unit) => `\\u${unit}`).join('')],
    ['JSON, every UNIT', units.map((unit) => `\\u${unit.toUpperCase()}`).join('')],
    ['UTF-16', Buffer.from(secret, 'utf16le').toString('latin1')],
  ];
}

function distinct(forms: readonly Form[]): Form[] {
  const seen = new Map(forms.toReversed().map((form) => [form.bytes.toString('latin1'), form]));
  return [...seen.values()].toReversed();
}

/** Where a secret was found. */
export interface Finding {
  /** Name of the secret, never itself. */
  readonly secret: string;
  readonly how: string;
  /** Name of the text. */
  readonly where: string;
  /** The line it stands in, the secret taken out. */
  readonly line: string;
}

export class Planted {
  readonly #secrets = new Map<string, readonly Form[]>();

  /** A 64-bit number is looked for as its 8 bytes and as its decimals. */
  add(name: string, secret: string | Uint8Array | bigint): void {
    if (typeof secret !== 'bigint') {
      this.#secrets.set(name, formsOf(secret));
      return confess(name, Buffer.from(secret as string));
    }
    const little = Buffer.alloc(8);
    little.writeBigInt64LE(BigInt.asIntN(64, secret));
    const ways = [little, Buffer.from(little.toReversed())].flatMap((bytes) => formsOf(bytes));
    const decimals = [BigInt.asIntN(64, secret), BigInt.asUintN(64, secret)].flatMap((n) => formsOf(String(n)));
    this.#secrets.set(name, distinct([...ways, ...decimals]));
  }

  get names(): string[] {
    return [...this.#secrets.keys()];
  }

  formsOf(name: string): readonly Form[] {
    return this.#secrets.get(name)!;
  }

  /** Everything that is in a text, one finding a secret and form. */
  search(where: string, text: string | Buffer): Finding[] {
    const bytes = Buffer.from(text as string);
    const found: Finding[] = [];
    for (const [secret, forms] of this.#secrets)
      for (const { how, bytes: form } of forms) {
        const at = bytes.indexOf(form);
        if (at >= 0) found.push({ secret, how, where, line: lineAround(bytes, at, form.length) });
      }
    return found;
  }
}

/** Of a long line what stands next to it. */
function lineAround(bytes: Buffer, at: number, length: number): string {
  const start = Math.max(bytes.lastIndexOf(0x0a, at) + 1, at - 100);
  const newline = bytes.indexOf(0x0a, at + length);
  const end = Math.min(newline < 0 ? bytes.length : newline, at + length + 100);
  return `${bytes.toString('latin1', start, at)}<${length} bytes>${bytes.toString('latin1', at + length, end)}`;
}

/** Findings as sentences. */
export function sentences(found: readonly Finding[]): string[] {
  return found.map(({ secret, how, where, line }) => `${secret} (${how}) in ${where}: ${line}`);
}
