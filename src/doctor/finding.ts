/**
 * A finding: what one check of `doctor` has to say.
 * In: nothing. Out: a type, and its makers. Never: a secret in a sentence.
 */

/** One check and what it found. */
export interface Finding {
  /** What was looked at, a word. */
  readonly check: string;
  /** `error` stops the gateway from doing its work, `warning` may. */
  readonly level: 'ok' | 'warning' | 'error';
  readonly text: string;
  /** What to do about it; not there for `ok`. */
  readonly todo?: string;
  /** Of a data centre: every address and port that was tried, for `--json`. */
  readonly attempts?: readonly {
    readonly host: string;
    readonly port: number;
    readonly ok: boolean;
    readonly why?: string;
  }[];
}

/** Nothing to do. */
export function ok(check: string, text: string): Finding {
  return { check, level: 'ok', text };
}

/** Something that may stop the gateway from doing its work. */
export function warning(check: string, text: string, todo: string): Finding {
  return { check, level: 'warning', text, todo };
}

/** Something that stops it. */
export function wrong(check: string, text: string, todo: string): Finding {
  return { check, level: 'error', text, todo };
}
