/**
 * Whole numbers written with a fraction or an exponent: `20.0`, `2e1`, `6e9`, as serializers of doubles write them.
 * In: the text of a JSON number. Out: its digits, or why it has none. Never: rounds, or trusts digits that a double cannot hold.
 */

/** Every whole number up to this one is a double of its own; of a larger one its writer may have lost digits. */
export const MOST_EXACT = 2 ** 53;
const MOST_DIGITS = String(MOST_EXACT);

/** What is said of a number whose last digits the client's own language has rounded away. */
export const DIGITS_LOST = 'digits were lost: send it as text';

/**
 * The digits of a whole number, exact.
 * @param text a number by the grammar of JSON
 * @returns decimal digits with their sign; `fraction` for what is not whole; `lost` for what is larger than a double is exact
 */
export function wholeDigits(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const written = (whole! + fraction).replace(/^0+/, '');
  const digits = written.replace(/0+$/, '');
  if (digits === '') return '0';
  // The number is `digits` times ten to this power.
  const power = Number(exponent) - fraction.length + (written.length - digits.length);
  if (power < 0) return 'fraction';
  if (digits.length + power > MOST_DIGITS.length) return 'lost';
  const magnitude = digits + '0'.repeat(power);
  // Digit by digit, as both are of one length.
  if (magnitude.length === MOST_DIGITS.length && magnitude > MOST_DIGITS) return 'lost';
  return sign + magnitude;
}
