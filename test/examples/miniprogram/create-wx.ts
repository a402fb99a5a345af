import type { WxLike } from '../../../clients/miniprogram/src/api.js';
import type { Phone } from '../../clients/miniprogram/phone.js';

/** What the person in front of the phone does when asked. */
export interface Person {
  /** Whether they tap the right button of a dialog. */
  confirms: boolean;
  /** What the button for the phone number gives. */
  phoneNumber: { readonly code?: string; readonly errMsg: string };
}

export const willing = (): Person => ({ confirms: true, phoneNumber: { errMsg: 'getPhoneNumber:fail user deny' } });

/** What was shown or given beside the page, in order. */
export interface Heard {
  readonly toasts: string[];
  readonly dialogs: string[];
  readonly clipboard: string[];
  readonly console: string[];
}

/** What WeChat shows until it is told that it is over. */
export interface Busy {
  loading: boolean;
  pulledDown: boolean;
}

/** What there is around the pages of one phone. */
export interface Around {
  readonly phone: Phone;
  readonly userAgent: string;
  readonly person: Person;
  readonly heard: Heard;
  readonly busy: Busy;
  reLaunch(url: string): void;
}

/** Every function of `wx` that the example calls. Another one is a TypeError. */
export function createWx({ phone, userAgent, person, heard, busy, reLaunch }: Around): object {
  const { login, getStorage, setStorage, removeStorage } = phone.wx;
  const request: WxLike['request'] = (options) =>
    phone.wx.request({ ...options, header: { ...options.header, 'user-agent': userAgent } });

  return {
    ...{ login, request, getStorage, setStorage, removeStorage },
    showToast: ({ title }: { title: string }) => heard.toasts.push(title),
    showModal: async ({ title }: { title: string }) => {
      heard.dialogs.push(title);
      return { confirm: person.confirms };
    },
    showLoading: () => {
      busy.loading = true;
    },
    hideLoading: () => {
      busy.loading = false;
    },
    stopPullDownRefresh: () => {
      busy.pulledDown = false;
    },
    setClipboardData: ({ data }: { data: string }) => heard.clipboard.push(data),
    reLaunch: async ({ url }: { url: string }) => reLaunch(url),
  };
}
