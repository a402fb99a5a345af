import { textTable } from './text-table.js';

/** What every page has. */
export const siteTexts = textTable({
  en: {
    skip: 'Skip to the content',
    home: 'Home',
    phone: 'The phone',
    pages: 'Pages',
    language: 'Language',
    onlyHere: 'This page exists in development only. In production the gateway answers its API, and nothing else.',
  },
  zh: {
    skip: '跳到正文',
    home: '首页',
    phone: '模拟手机',
    pages: '页面',
    language: '语言',
    onlyHere: '这个页面只在开发环境存在。在生产环境，网关只回答它的 API，别无其他。',
  },
});
