/**
 * Idempotent: which calls may be sent a second time when nobody can say whether the first was carried out.
 * In: a function's name. Out: yes or no. Never: a list of a layer's methods; new ones are judged by their name.
 *
 * Read-only functions of the API are named for reading; parts of a file overwrite themselves. A function
 * with `random_id` is safe for another reason: Telegram drops the second (the codec knows which these are).
 */

const READS = new Set(['get', 'search', 'resolve', 'read', 'received']);
const SAFE = new Set([
  'ping',
  'ping_delay_disconnect',
  'get_future_salts',
  'msgs_state_req',
  'account.updateStatus',
  'upload.saveFilePart',
  'upload.saveBigFilePart',
  'messages.setTyping',
  'contacts.search',
]);
/**
 * Named like a read, and yet a second one does what the first did not: a bot acts on it, stars are spent, an offer is taken,
 * a password's one-time proof is used up, an address is made anew, what has come meanwhile is marked as read.
 */
const ACTS = new Set([
  'messages.getBotCallbackAnswer',
  'channels.searchPosts',
  'payments.resolveStarGiftOffer',
  'payments.getStarsRevenueWithdrawalUrl',
  'payments.getStarGiftWithdrawalUrl',
  'account.getPasswordSettings',
  'account.getTmpPassword',
  'phone.getGroupCallStreamRtmpUrl',
  'messages.readMentions',
  'messages.readReactions',
  'messages.readPollVotes',
]);

/** Whether a function only reads, or does the same when done twice. */
export function isIdempotent(name: string): boolean {
  if (SAFE.has(name)) return true;
  if (ACTS.has(name)) return false;
  return READS.has(firstWord(name));
}

/** `messages.getDialogs` -> `get`. */
function firstWord(name: string): string {
  const at = name.lastIndexOf('.') + 1;
  let end = at;
  while (end < name.length && name.charCodeAt(end) >= 97) end++;
  return name.slice(at, end);
}
