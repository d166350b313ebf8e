import { createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

const cost = { N: 2 ** 13, r: 8, p: 1 };
const keyBytes = 32;
const rememberedMax = 10_000;

/** A password that a charge point can store: 20 characters, OCPP's recommended most, of which each is worth five bits. */
export function makePassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  return [...randomBytes(20)].map((byte) => letters[byte % letters.length]).join('');
}

/**
 * The salted slow hash of a password, with its parameters. A password that is the hexadecimal text of 16 to 20 bytes is
 * one in either spelling: stations send AuthorizationKey as text or as bytes. OCPP-J 1.6 §6.2.2.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const isKey = hexKey.test(password);
  const key = await slowHash(Buffer.from(isKey ? password.toLowerCase() : password), salt, cost);
  const form = isKey ? 'scrypt-hex' : 'scrypt';
  return [form, cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$');
}

/** Compares passwords with stored hashes; a comparison that succeeded once is cheap afterwards. */
export interface PasswordCheck {
  matches(stored: string, password: Buffer): Promise<boolean>;
}

/**
 * Remembers successes as keyed digests, the key of which never leaves the process, so that a thousand stations that come
 * back at once do not cost a thousand slow hashes. A changed password has another stored hash, and so another digest.
 */
export function createPasswordCheck(): PasswordCheck {
  const processKey = randomBytes(32);
  const remembered = new Set<string>();

  return {
    async matches(stored, password) {
      const [form, N, r, p, salt, key] = stored.split('$');
      if (salt === undefined || key === undefined) return false;
      const text = form === 'scrypt-hex' ? keyText(password) : password;
      const digest = createHmac('sha256', processKey).update(stored).update('\0').update(text).digest('base64');
      if (remembered.delete(digest)) {
        remembered.add(digest); // newest last
        return true;
      }
      const expected = Buffer.from(key, 'base64');
      const options = { N: Number(N), r: Number(r), p: Number(p) };
      const actual = await slowHash(text, Buffer.from(salt, 'base64'), options);
      if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return false;
      remembered.add(digest);
      for (const oldest of remembered) {
        if (remembered.size <= rememberedMax) break;
        remembered.delete(oldest);
      }
      return true;
    },
  };
}

const hexKey = /^([0-9a-f]{2}){16,20}$/i;

/** The one spelling of a hexadecimal key that is hashed. */
function keyText(password: Buffer): Buffer {
  const text = password.toString('latin1');
  return Buffer.from(hexKey.test(text) ? text.toLowerCase() : password.toString('hex'));
}

const slowHash = (password: Buffer, salt: Buffer, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
