import { createHmac } from 'node:crypto';

/** The form fields of a request, by name. */
export type FormFields = Readonly<Record<string, string>>;

/**
 * What goes into `X-Twilio-Signature`: the URL as configured, port included and fragment left out, then every form
 * field's name and value in the order of the names (UTF-16 units, as `sort()` has it), under HMAC-SHA1.
 * A GET request is signed by its URL alone.
 */
export function signRequest(authToken: string, url: string, fields: FormFields = {}): string {
  const [withoutFragment = url] = url.split('#');
  const names = Object.keys(fields).sort();
  const signed = names.reduce((text, name) => text + name + fields[name], withoutFragment);
  return createHmac('sha1', authToken).update(signed, 'utf8').digest('base64');
}
