/** Rules of `src/session`: what is believed, sent again, refused and kept of requests and messages. */
import { rulesOf, type Rule } from './rule.ts';

export const SESSION: readonly Rule[] = [
  ...rulesOf('src/session/incoming/inbox.ts', 'incoming/inbox', [
    [
      'a message that comes again is acknowledged again',
      "if ((seqNo & 1) === 1 && seen !== 'old')",
      "if ((seqNo & 1) === 1 && seen === 'new')",
    ],
    [
      'an update that comes again is told once',
      "if (seen !== 'new' && crc !== Crc.rpcResult) return;",
      "if (seen === 'old' && crc !== Crc.rpcResult) return;",
    ],
    ['a message of long ago is not taken', '&& difference >= -TOO_OLD_SECONDS', ''],
    ['a message of the future is not taken', 'difference <= TOO_NEW_SECONDS && ', ''],
    [
      'answers from the future move the clock only if they say the same',
      'Math.abs(ahead - s.aheadBy) < TOO_NEW_SECONDS',
      'ahead > 0',
    ],
    [
      'a container out of its time brings nothing in',
      'dispatch(s, message, now, UNTIMELY);',
      'dispatch(s, crc, low, high, r, now, contained);',
    ],
    [
      'a fault in one message does not touch its neighbours',
      "if (!(error instanceof TlReadError)) throw error;\n    s.sink.log('unreadable message'",
      "throw error;\n    s.sink.log('unreadable message'",
    ],
  ]),
  ...rulesOf('src/session/incoming/handle-bad-msg.ts', 'incoming/handle-bad-msg', [
    ['refused salts are counted, so a salt storm ends', '  s.saltRefusals++;\n', ''],
    ['code 20 is DeliveryUnknown, not a second try', '[20, { isUnknown: true }]', '[20, {}]'],
    [
      'code 19 is DeliveryUnknown, not a second try',
      '[19, { renewsSession: true, isUnknown: true }]',
      '[19, { renewsSession: true }]',
    ],
    [
      'a refused salt of a message that was never sent is not believed',
      'if (named.length === 0 && !s.outbox.isRecent(badLow, badHigh)) return;\n  s.salts',
      's.salts',
    ],
    [
      'a refusal of a message that was never sent is not believed',
      'if (named.length === 0 && !s.outbox.isRecent(badLow, badHigh)) return;\n  s.sink',
      's.sink',
    ],
    [
      'a request that was sent twice is not sent under a new id',
      '!pending.hasOwnId && !wasResent(pending)',
      '!pending.hasOwnId',
    ],
    [
      'salts that nobody asked for are not taken',
      'if (low !== s.outbox.saltsLow || high !== s.outbox.saltsHigh) return;',
      '',
    ],
    [
      'numbering that cannot be mended ends in another session',
      'isNews && s.mends >= MOST_MENDS',
      'isNews && s.mends >= 1e9',
    ],
  ]),
  ...rulesOf('src/session/incoming/handle-new-session.ts', 'incoming/handle-new-session', [
    [
      "new_session_created looks at the container's id too",
      'const isInContainer = pending.containerHigh !== 0;',
      'const isInContainer = false;',
    ],
    [
      'the same new_session_created counts once',
      'if (uniqueLow === s.uniqueLow && uniqueHigh === s.uniqueHigh) return;',
      '',
    ],
  ]),
  ...rulesOf('src/session/incoming/handle-states.ts', 'incoming/handle-states', [
    [
      'states that nobody asked for are not believed',
      'if (low !== stateRequests.low || high !== stateRequests.high) return;',
      '',
    ],
    ['as many states as ids', '  if (info.length * 2 !== asked.length) return;\n', ''],
  ]),
  ...rulesOf('src/session/incoming/read-ids.ts', 'incoming/read-ids', [
    [
      'more ids than the protocol allows are not read',
      'if (ids.length > MAX_IDS * 2) throw',
      'if (ids.length < 0) throw',
    ],
  ]),
  ...rulesOf('src/session/incoming/handle-update.ts', 'incoming/handle-update', [
    [
      'an update that cannot be read is said to be dropped',
      "reason: error.message });\n    notify(s, refusal('UpdatesDropped'));",
      'reason: error.message });',
    ],
  ]),
  ...rulesOf('src/session/incoming/handle-rpc.ts', 'incoming/handle-rpc', [
    [
      'an ending error of a foreign data centre does not mark the account lost',
      "if (isLost && s.role !== 'foreign') markLost",
      'if (isLost) markLost',
    ],
    ['an answer teaches the clock', '  s.ids.learnFromAnswer(high, low, pending.msgIdHigh, now);\n', ''],
    [
      "a server's fault is tried again so often and no more",
      'if (pending.retries >= MOST_RETRIES) return undefined;',
      '',
    ],
    [
      'what may do harm twice is not tried again after a fault of the server',
      'error.isServerFault && mayReissue(s, pending)) wait',
      'error.isServerFault) wait',
    ],
    [
      'what may do harm twice is not called retryable',
      'retryable: fate.retryable && mayReissue(s, pending)',
      'retryable: fate.retryable',
    ],
    [
      "a wait longer than the request's own time is told",
      'wait !== undefined && now + wait < pending.deadline',
      'wait !== undefined',
    ],
  ]),
  ...rulesOf('src/session/incoming/handle-container.ts', 'incoming/handle-container', [
    [
      'what one gzip_packed may unpack to is bounded',
      'const MAX_INFLATED = 16 * 1024 * 1024;',
      'const MAX_INFLATED = 1024 * 1024 * 1024;',
    ],
    [
      'gzip in gzip is not unpacked',
      'if (crc === Crc.gzipPacked || crc === Crc.msgContainer)',
      'if (crc === Crc.msgContainer)',
    ],
    [
      'a container in a container is not read',
      'if (length < 4 || r.peekUint32() !== Crc.msgContainer) contained',
      'contained',
    ],
    ['a container of too many messages is not read', 'if (count > MOST) throw', 'if (count < 0) throw'],
    ['a message in a container ends with its length', '    r.end = next;\n', ''],
  ]),
  ...rulesOf('src/session/crash.ts', 'keyed', [
    [
      'a repeat that meets a bug is not said not to have been carried out',
      'home.env.request.key !== undefined',
      'home.isLost',
    ],
  ]),
  ...rulesOf('src/session/requests/keyed.ts', 'keyed', [
    [
      'a client that goes while its key is noted frees it',
      "if (verdict === 'fresh' && !isOpen(s, ticket)) s.sink.keyEnded(ticket, 'free');",
      '',
    ],
    ['how the first with a key ends is told', '  pending.hasKey = true;\n', ''],
    ['a key wants a session with a name', 'if (s.session.name === undefined)', 'if (s.isLost)'],
    [
      'a session that is over is what a line with a key hears of, too',
      'refusalOfEnd(s) ?? refusalOfNoName()',
      'refusalOfNoName()',
    ],
  ]),
  ...rulesOf('src/session/state/state-requests.ts', 'state-requests request-states', [
    [
      '"not received" is believed only with a witness that the session was not begun anew',
      'if (!hasReference(pending)) return false;',
      'if (!hasReference(pending)) return true;',
    ],
    [
      'a connection on which nobody answers is dropped',
      'stateRequests.silences++;\n  return false;',
      'stateRequests.silences++;\n  return true;',
    ],
    ['a request is asked about more and more rarely', 'first * 2 ** pending.stateRequestCount', 'first'],
  ]),
  ...rulesOf('src/session/delivery/packets.ts', 'delivery/outbox session/session', [
    [
      'a container of requests has at most so many bytes',
      'const PACKET_BYTES = 256 * 1024;',
      'const PACKET_BYTES = 64 * 1024 * 1024;',
    ],
    [
      'a container has at most so many messages',
      'while (count < queue.length && already + count < MAX_CONTAINED)',
      'while (count < queue.length)',
    ],
    ['acknowledgements do not wait for ever', 'this.ackAt = now + ACK_WITHIN_MS;', 'this.ackAt = Infinity;'],
    [
      'what was answered meanwhile does not go again',
      'if (s.pending.find(pending.msgIdLow, pending.msgIdHigh) !== pending) continue;',
      '',
    ],
    ['two requests never have one id', 'while (!s.pending.isFree(s.ids.low));', 'while (false);'],
  ]),
  ...rulesOf('src/session/delivery/idempotent.ts', 'idempotent', [
    ['a button of a bot is not pressed twice', "  'messages.getBotCallbackAnswer',\n", ''],
  ]),
  ...rulesOf('src/session/state/rpc-error.ts', 'rpc-error', [
    [
      'nobody is made to wait for years',
      'WAITS.has(type) ? Math.min(value, LONGEST_WAIT) : undefined',
      'WAITS.has(type) ? value : undefined',
    ],
    ['RANDOM_ID_DUPLICATE is no fault of the server', '&& !DONE.has(type)', ''],
    [
      "a server's own fault may have come after the work was done",
      "return { retryable: true, delivered: 'unknown' };",
      "return { retryable: true, delivered: 'no' };",
    ],
  ]),
  ...rulesOf('src/session/state/pending-table.ts', 'state/pending session/deadlines request-states', [
    ["requests go again in the client's order", '.sort((a, b) => a.ticket - b.ticket)', ''],
    [
      'a request ends with its time',
      'if (pending.deadline <= now) late.push(pending);',
      'if (pending.deadline < 0) late.push(pending);',
    ],
  ]),
  ...rulesOf('src/session/state/floods.ts', 'floods', [
    ['slow mode holds one chat, not the method', 'type === SLOW_MODE ? targetOf(pending) : undefined', 'undefined'],
    ['waits that are kept in memory are bounded', 'if (this.#waits.size >= MOST) this.#dropFirst();', ''],
    ['a wait that was over when it was kept is not taken', 'if (until > now) this.#waits', 'this.#waits'],
  ]),
  ...rulesOf('src/session/state/message-ids.ts', 'message-ids', [
    ['ids rise though the clock stands still', 'this.low = (this.low + 4) | 0;', 'this.low = this.low | 0;'],
    ['ids are compared without a sign', 'return aLow >>> 0 > bLow >>> 0;', 'return aLow > bLow;'],
    [
      'delay only makes the clock smaller, so the largest counts',
      'if (!this.isSynchronised || seen > this.offset)',
      'if (!this.isSynchronised || seen < this.offset)',
    ],
  ]),
  ...rulesOf('src/session/state/received-ids.ts', 'received-ids', [
    ['an id older than the window is not called new', "if (at === 0 && this.#count === CAPACITY) return 'old';", ''],
    ['what falls out of the window is the oldest', 'this.#ids.copyWithin(0, 2, at * 2);', ''],
  ]),
  ...rulesOf('src/session/state/salts.ts', 'salts', [
    ['a salt counts from its time on', 'this.future[0]! <= serverSeconds', 'this.future[0]! >= serverSeconds'],
    ['salts are asked for at most once a minute', 'if (now - this.#askedAt < ASK_EVERY_MS) return false;', ''],
  ]),
  ...rulesOf('src/session/state/back-off.ts', 'back-off', [
    ['a pause has an upper bound', 'Math.min(CAP_MS, BASE_MS', 'Math.max(CAP_MS, BASE_MS'],
    ['a flood makes for at least five seconds', 'return bound + random * bound;', 'return random * bound;'],
  ]),
  ...rulesOf('src/session/answers/answers.ts', 'session/deadlines', [
    [
      'a request that was sent and got no answer is not called undelivered',
      "return pending.wasSent || isRepeat(pending) ? 'unknown' : 'no';",
      "return 'no';",
    ],
  ]),
  ...rulesOf('src/session/session.ts', 'attach', [
    [
      'on takeover, requests in flight get time to finish',
      'session.leaveBy = now + LEAVE_MS;',
      'session.leaveBy = now;',
    ],
    [
      'lines behind one that waits for the vault are taken after it',
      'if (this.#mustWait(to) || to.waitingLines.behind.length > 0) waitBehind',
      'if (to.waitingLines.behind.length > 0) waitBehind',
    ],
    [
      'a request that was sent is not called undelivered when its session goes',
      "if (pending.wasSent) return refusal('DeliveryUnknown');\n",
      '',
    ],
  ]),
  ...rulesOf('src/session/state/state-requests.ts', 'state-requests request-states', [
    [
      'a server that has forgotten the witness is not believed about a request',
      'return (states[i]! & 7) >= 4;',
      'return (states[i]! & 7) >= 0;',
    ],
  ]),
  ...rulesOf('src/session/delivery/reissue.ts', 'request-states', [
    [
      'a session in which a request went twice lives on until all ids in it are old',
      'if (!mayReissue(s, pending)) s.resentAt = now;',
      '',
    ],
  ]),
];
