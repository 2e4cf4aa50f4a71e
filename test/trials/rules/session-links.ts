/** Rules of `src/session`: keys, connections, other data centres, names, and what outlives a lost thread. */
import { rulesOf, type Rule } from './rule.ts';

export const SESSION_LINKS: readonly Rule[] = [
  ...rulesOf('src/session/handshake/handshake.ts', 'handshake/handshake connect', [
    [
      "the server's public number is waiting against its range in the exchange",
      '    checkPublic(this.#serverPublic, this.#prime);\n',
      '',
    ],
    [
      'the nonces of an answer are its own',
      "    expect(from.raw(16), this.#nonce, 'nonce');\n    expect(from.raw(16), this.#serverNonce, 'server_nonce');",
      '    from.raw(32);',
    ],
    [
      'the hash of the inner data is checked',
      'if (!hasSameBytes(sha1(answer.subarray(20, inner.pos)), answer.subarray(0, 20)))',
      'if (answer.length === 0)',
    ],
    [
      'only trusted RSA keys are used',
      'known.fingerprintLow === low && known.fingerprintHigh === high',
      'known.fingerprintLow === low || true',
    ],
    [
      'the end of an exchange is proven by its hash',
      'expect(from.raw(16), newNonceHash(this.#newNonce, number, key), `new_nonce_hash${number}`);',
      'from.raw(16);',
    ],
    ['retries have a bound', 'if (++this.#retries > MAX_RETRIES)', 'if (++this.#retries > 1e9)'],
    ['at most 15 bytes of padding follow', 'if (inner.left > 15) throw', 'if (inner.left > 1e9) throw'],
    [
      'a temporary key is asked for with its life',
      'if (this.expiresIn !== undefined) inner.int32(this.expiresIn);',
      'if (this.expiresIn !== undefined) inner.int32(0);',
    ],
  ]),
  ...rulesOf('src/session/link/fall-back.ts', 'fall-back temporary', [
    [
      '--pfs always never falls back to the permanent key',
      "const isOptional = s.env.settings.forwardSecrecy === 'made';",
      'const isOptional = true;',
    ],
    [
      '--pfs always does not fall back after lost exchanges either',
      "if (s.env.settings.forwardSecrecy === 'made') goOnWithoutTemporary(s, now + PAUSE_MS);",
      'goOnWithoutTemporary(s, now + PAUSE_MS);',
    ],
    ['one failure does not end forward secrecy', 's.keys.failed() >= MOST_FAILURES', 's.keys.failed() >= 1'],
  ]),
  ...rulesOf('src/session/link/make-keys.ts', 'link/make-keys fall-back temporary', [
    [
      '--pfs always does not go on without a temporary key when its exchange fails',
      "refused.error === 'HandshakeFailed' && s.env.settings.forwardSecrecy === 'made')",
      "refused.error === 'HandshakeFailed')",
    ],
    [
      'a step of the exchange has its own short time',
      'Math.min(s.link.handshakeEnds, now + STEP_MS)',
      's.link.handshakeEnds',
    ],
    ['the bytes of an exchange are zeroed', '  body.bytes.fill(0, 0, body.pos);\n', ''],
  ]),
  ...rulesOf('src/session/link/temporary.ts', 'fall-back temporary', [
    [
      'a temporary key is not renewed at 75 % while requests are open',
      's.pending.size === 0 ? QUIET_SHARE : LATEST_SHARE',
      'QUIET_SHARE',
    ],
    [
      'a temporary key is renewed before it ends, whatever is open',
      's.pending.size === 0 ? QUIET_SHARE : LATEST_SHARE',
      's.pending.size === 0 ? QUIET_SHARE : Infinity',
    ],
    ['a young permanent key is not given up', "return age >= YOUNG_SECONDS ? 'dead' : 'again';", "return 'dead';"],
    [
      "a server's fault at a binding is tried again",
      "if (error === undefined || error.isServerFault) return 'again';",
      "if (error === undefined) return 'again';",
    ],
    ['what was sent under a temporary key that goes is ended or sent anew', '  endSent(s);\n', ''],
  ]),
  ...rulesOf('src/session/link/connect.ts', 'link/connect reconnect', [
    [
      'the first -404 does not lose the key',
      'if (code === KEY_UNKNOWN && s.isKeyDoubted)',
      'if (code === KEY_UNKNOWN)',
    ],
    ['closing wipes the keys', '    key.wipe();\n  }\n  otherKeys.clear();', '  }\n  otherKeys.clear();'],
    ['closing gives the claim back', '    home.env.claims.release(key.idLow, key.idHigh, home.number);\n', ''],
    ['a pause after a failure is kept', 'if (s.link.redialAt !== Infinity && s.link.redialAt > now) return;', ''],
  ]),
  ...rulesOf('src/session/link/hang-up.ts', 'connect session/session', [
    [
      'what was sent is not called undelivered when all ends',
      "pending.wasSent ? { ...refused, delivered: 'unknown', retryable: false } : refused",
      'refused',
    ],
  ]),
  ...rulesOf('src/session/centres/migrate.ts', 'centres/ state/servers', [
    [
      'a migrate error of a business-connection call does not move the account',
      'if (movesHome && outermost(pending) === s.env.calls.businessConnection) return false;',
      '',
    ],
    ['a call moves so often and no more', 'pending.hops >= MOST_HOPS', 'pending.hops >= 1e9'],
    [
      "an address that a server stored is not called the operator's",
      "const namedBy = listed === undefined ? 'server' : 'operator';",
      "const namedBy = 'operator' as const;",
    ],
    [
      'data centres without plain MTProto are not dialled',
      "!['ipv6', 'media_only', 'tcpo_only', 'cdn'].some((flag) => one[flag] === true)",
      'true',
    ],
    [
      'authorizing at a foreign data centre is tried anew once',
      "if (s.role !== 'foreign' || pending.retries > 0) return false;",
      "if (s.role !== 'foreign') return false;",
    ],
  ]),
  ...rulesOf('src/session/requests/enqueue.ts', 'random-ids', [
    [
      'a random_id that was left out is the same when the request is read again',
      'const encoded = dialect.encodeMessage(codec, call, derived.of(line.ticket, deadline));',
      'const encoded = dialect.encodeMessage(codec, call, derived.of(line.ticket, deadline + 1));',
    ],
    [
      'two requests have two of them',
      'encoded = line.attachment.dialect.encodeMessage(codec, call, derived.of(line.ticket, deadline));\n  } catch',
      'encoded = line.attachment.dialect.encodeMessage(codec, call, derived.of(0, 0));\n  } catch',
    ],
  ]),
  ...rulesOf('src/session/requests/enqueue.ts', 'requests attach stored/', [
    [
      'open requests of a client are bounded',
      'if (s.pending.size < MOST_OPEN || s.pending.countOf(of) < MOST_OPEN)',
      'if (s.pending.size < 1e9)',
    ],
    [
      'requests of clients that have gone are in nobody’s way',
      'if (s.pending.size < MOST_OPEN || s.pending.countOf(of) < MOST_OPEN)',
      'if (s.pending.size < MOST_OPEN)',
    ],
    ['a call is measured with the init that goes before it', 'if (length > MAX_PAYLOAD) return tooLarge(length);', ''],
  ]),
  ...rulesOf('src/session/requests/residence.ts', 'attach/attach', [
    [
      'who is told of a resident finds it one',
      "store(s, stored, 'explicit', ticket);\n  return waitFor(to, 'residence');",
      "store(s, stored, 'urgent');\n  return undefined;",
    ],
    ['what one line has stored is not taken for what another wants', '&& stored.residencesUnderWay === 0;', ';'],
    [
      'a resident that could not be stored is none',
      '    becomes(s, stored, stored.storedResident);\n',
      '    return;\n',
    ],
  ]),
  ...rulesOf('src/session/requests/take-name-answer.ts', 'attach/attach', [
    [
      'a line that could not be stored ends no session',
      'residenceAnswered(home, fault !== undefined);',
      'if (fault !== undefined) return refuseHandedIn(all, waiting!, fault);',
    ],
  ]),
  ...rulesOf('src/session/requests/take-session.ts', 'requests attach stored/', [
    [
      'a resident whose account is lost can be let go',
      'return isLetGo(s, fields) ? takeResidence(s, line, false, done) : refused;',
      'return refused;',
    ],
    [
      'a session whose account is lost is let go, and no more',
      'session.stored !== undefined && fields.resident === false && !wantsMore',
      'session.stored !== undefined && fields.resident === false',
    ],
    [
      'a key of a kept session is not shown to whoever asks',
      'fields.export && hasName && !line.mayExport',
      'fields.export && hasName && !line.mayExport && fields.list',
    ],
    ['a key that was handed in is zeroed', '  fields.authKey?.fill(0);\n  return outcome;', '  return outcome;'],
    [
      'a key that somebody else has is not taken',
      "if (fault !== undefined) return refusalOfClaim(fault, 'session');",
      '',
    ],
    ['a second session is not put on a connection', '  if (isTaken(s))\n', '  if (s.isLost)\n'],
    ['nobody has a session alone over HTTP', 'if (fields.exclusive && line.attachment.isStateless)', 'if (false)'],
    [
      'a session without a name is not left over HTTP',
      "  if (line.attachment.isStateless) return refusal('InvalidSession', { msg: ENDS_ALONE, path: 'session.detach' });\n",
      '',
    ],
  ]),
  ...rulesOf('src/session/requests/choose-server.ts', 'choose-server requests', [
    [
      'an address that nobody allowed is not dialled',
      "if (listed === undefined && !s.env.reach.permits(host, port)) return refusal('ServerNotAllowed');",
      '',
    ],
    [
      'a session with a key is not moved',
      "if (s.link.stage !== 'down' || s.keys.permanent !== undefined || s.pending.size > 0)",
      "if (s.link.stage !== 'down')",
    ],
    [
      'a listed server with a key of the client is not the listed one',
      'if (listed !== undefined && rsa === undefined) {',
      'if (listed !== undefined) {',
    ],
  ]),
  ...rulesOf('src/session/resume.ts', 'session/resume snapshot', [
    [
      'after a lost thread a doubled request still counts as doubled',
      'pending.copies = (flags & EntryFlag.RESENT) !== 0 ? 2 : 1;',
      'pending.copies = 1;',
    ],
    ['after a lost thread a lost key is still lost', 's.isLost = (flags & Is.LOST) !== 0;', 's.isLost = false;'],
    [
      'after a lost thread ids that were received are known',
      'while (r.left > 0) s.received.note(r.int32(), r.int32());',
      '',
    ],
    [
      'after a lost thread what was sent is not called unsent',
      'pending.wasSent = (flags & EntryFlag.SENT) !== 0;',
      'pending.wasSent = false;',
    ],
    [
      'after a lost thread who stored the server is known',
      "if ((flags & Has.NAMED_BY_CLIENT) !== 0) return 'client';",
      '',
    ],
    ['the record that was handed over is zeroed', '  wipeRecord(record);\n', ''],
  ]),
  ...rulesOf('src/session/stored/record.ts', 'stored/ attach', [
    [
      'a record that was not given up clean gets another session',
      'if (isClean && (record.sessionLow',
      'if ((record.sessionLow',
    ],
    [
      'a temporary key is not stored where they are wanted always',
      "if (env.settings.forwardSecrecy === 'always') return undefined;",
      '',
    ],
    [
      'a temporary key near its end is not taken',
      'temporary.until - s.serverSeconds(now) > LEAST_LIFE',
      'temporary.until > 0',
    ],
    ["a new session's ids lie above those of its last owner", 's.ids.next(now + HANDOVER_MS, 0);', ''],
    ['a block that keys are written into does not grow', 'new Writer(recordRoom(record))', 'new Writer(1024)'],
    ['what was written of a record is zeroed', '  out.bytes.fill(0, 0, out.pos);\n', ''],
    ['a new key is stored at once', 'if (storedMarks.keys !== keysMark(s) || ', 'if ('],
  ]),
  ...rulesOf('src/session/stored/store.ts', 'stored/ attach', [
    ['a record on its way to the disk is zeroed', '  record.fill(0);\n', ''],
    ['a lost account is stored as lost', '  stored.lostReason = reason;\n', ''],
  ]),
  ...rulesOf('src/session/stored/login.ts', 'stored/login attach/forget', [
    ['a login is stored before its client hears of it', "store(s, stored, 'urgent');", ''],
    ['where a client logs out itself, its record is removed', "s.sink.name('loggedOut', 0);", ''],
  ]),
  ...rulesOf('src/session/attach/forget.ts', 'attach/forget', [
    ['an account that is logged out is said to be', '  stored.isLoggedOut = true;\n', ''],
    [
      'a session whose log-out nobody answered is not forgotten',
      'if (isGone || (error === undefined && pending.isAcknowledged)) return',
      'if (isGone || error === undefined) return',
    ],
  ]),
  ...rulesOf('src/session/link/connect.ts', 'reconnect session/session', [
    [
      'a data centre that takes no more connections is left in peace for a while',
      '  s.backOff.flooded();\n  noteTrouble',
      '  noteTrouble',
    ],
  ]),
];
