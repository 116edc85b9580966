/** The names that secrets usually have. */

const SECRET_WORD =
  /^(pass|pwd|pw|auth|authorization|credentials?|creds?|cookies?|bearer|jwt|signature|dsn)$|(password|passwd|passphrase|secret|token|apikey|privatekey|accesskey)s?$/;
const KEY_OF =
  /^(api|access|private|secret|signing|encryption|client|master|auth|ssh|account|session|hmac|webhook)$/;

/** True for names that secrets usually have: `db_password`, `apiKey`, `X-Auth-Token`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return words.some(
    (word, index) => SECRET_WORD.test(word) || (/^keys?$/.test(word) && KEY_OF.test(words[index - 1] ?? "")),
  );
}

/** True if a number with this name is a count: `max_tokens`, `keys`. */
export const isCountName = (name: string): boolean => /(token|key|secret)s$/i.test(name);
