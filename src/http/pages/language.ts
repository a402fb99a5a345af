export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

/** As `lang` attributes spell them, and as the switch shows them. */
export const languageNames: Readonly<Record<Language, { readonly tag: string; readonly name: string }>> = {
  en: { tag: 'en', name: 'English' },
  zh: { tag: 'zh-CN', name: '中文' },
};

/** The one that was asked for with `?lang=`, else the one the browser prefers, else English. */
export function chooseLanguage(asked: unknown, acceptLanguage: string | undefined): Language {
  if (isLanguage(asked)) return asked;
  const preferred = (acceptLanguage ?? '')
    .split(',')
    .map(parseRange)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ language }) => language)
    .find(isLanguage);
  return preferred ?? 'en';
}

function isLanguage(value: unknown): value is Language {
  return languages.some((language) => language === value);
}

/** `zh-Hans-CN;q=0.8` is Chinese at 0.8. */
function parseRange(range: string): { language: string; quality: number } {
  const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { language: tag.split('-', 1)[0] ?? '', quality: quality === undefined ? 1 : Number(quality) || 0 };
}
