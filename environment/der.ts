/** One element of DER, the binary form of certificates and lists. */
export interface DerElement {
  /** Class, form and number in one byte, such as 0x30 for a sequence. */
  readonly tag: number;
  /** With its tag and length, which is what signatures cover. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

/** The elements that stand one after the other. @throws RangeError where a length does not fit */
export function derElements(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let start = 0; start < bytes.length; ) {
    let at = start + 2;
    let length = bytes.readUInt8(start + 1);
    if (length > 0x7f) {
      const size = length & 0x7f;
      length = bytes.readUIntBE(at, size);
      at += size;
    }
    const end = at + length;
    if (end > bytes.length) throw new RangeError('an element is longer than what holds it');
    elements.push({
      tag: bytes.readUInt8(start),
      whole: bytes.subarray(start, end),
      content: bytes.subarray(at, end),
    });
    start = end;
  }
  return elements;
}

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** A point in time, RFC 3339; undefined where the element is none. */
export function derTime({ tag, content }: DerElement): string | undefined {
  if (tag !== UTC_TIME && tag !== GENERALIZED_TIME) return undefined;
  const text = content.toString('latin1');
  const digits = tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!found) throw new RangeError('a time is none of RFC 5280');
  const [, year, month, day, hour, minute, second] = found;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
