const JSON_RANGES = new Set(['*/*', 'application/*', 'application/json', 'application/graphql-response+json']);

/**
 * Whether an Accept header leaves room for an answer. Asked before anything runs: a login whose answer is refused
 * afterwards has used up its code.
 */
export function acceptsAnswer(method: string, accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  return accept.split(',').some((item) => {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const isExcluded = parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter));
    const isKnown = JSON_RANGES.has(range) || (method === 'GET' && range === 'text/html');
    return isKnown && !isExcluded;
  });
}
