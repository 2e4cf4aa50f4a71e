/**
 * Rules that tests must hold, each with the change that lets it fall; a file for each folder of the source.
 * In: nothing. Out: `RULES`. Never: a change that only makes the code slower.
 */
import { CRYPTO } from './rules/crypto.ts';
import { DIALECT } from './rules/dialect.ts';
import { FRONT } from './rules/front.ts';
import { LANES } from './rules/lanes.ts';
import { MAIN } from './rules/main.ts';
import { MAIN_SESSIONS } from './rules/main-sessions.ts';
import type { Rule } from './rules/rule.ts';
import { SESSION } from './rules/session.ts';
import { SESSION_LINKS } from './rules/session-links.ts';
import { SESSION_SHARED } from './rules/session-shared.ts';
import { TL } from './rules/tl.ts';
import { TRANSPORT } from './rules/transport.ts';
import { UPDATES } from './rules/updates.ts';
import { VAULT } from './rules/vault.ts';

export type { Rule } from './rules/rule.ts';

export const RULES: readonly Rule[] = [
  ...SESSION,
  ...SESSION_LINKS,
  ...SESSION_SHARED,
  ...CRYPTO,
  ...MAIN,
  ...MAIN_SESSIONS,
  ...LANES,
  ...FRONT,
  ...VAULT,
  ...DIALECT,
  ...TL,
  ...TRANSPORT,
  ...UPDATES,
];
