/** The table of all faults by name. In: nothing. Out: the table. Never: a fault itself. */
import { ANSWERS_KINDS } from './answers.ts';
import { CONNECTIONS } from './connections.ts';
import { EXCHANGE, SESSIONS } from './exchange.ts';
import type { AnyFaultKind } from './kind.ts';
import { MESSAGES } from './messages.ts';
import { INCOMING, OUTGOING } from './packets.ts';
import { REQUESTS } from './requests.ts';

/** All faults by name, without a prototype, so that no fault is called `constructor`. */
export const KINDS: Readonly<Record<string, AnyFaultKind>> = Object.assign(
  Object.create(null) as Record<string, AnyFaultKind>,
  CONNECTIONS,
  SESSIONS,
  INCOMING,
  MESSAGES,
  REQUESTS,
  ANSWERS_KINDS,
  OUTGOING,
  EXCHANGE,
);
