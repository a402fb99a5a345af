import { createHash } from 'node:crypto';
import { SimulatorMisuse } from './misuse.js';

export interface SimulatedPhoneNumber {
  /** 1 to 3 digits. WeChat writes it as a text or as a number: it answers as it is given here. */
  readonly countryCode: string | number;
  /** 4 to 12 digits, without the country code. */
  readonly purePhoneNumber: string;
}

/** As WeChat writes it; `phoneNumber` has the country code in front when the number is a foreign one. */
export interface PhoneFields extends SimulatedPhoneNumber {
  readonly phoneNumber: string;
}

const MAINLAND = '86';
const COUNTRY_CODE = /^[1-9]\d{0,2}$/;
const PURE_NUMBER = /^\d{4,12}$/;

/** Derived, so that alice keeps hers after a restart. Of a range that is a mobile operator's. */
export function derivePhoneNumber(of: string): SimulatedPhoneNumber {
  const digits =
    createHash('sha256')
      .update(JSON.stringify(['phone', of]))
      .digest()
      .readUInt32BE() % 1e8;
  return Object.freeze({ countryCode: MAINLAND, purePhoneNumber: `199${String(digits).padStart(8, '0')}` });
}

/** @throws SimulatorMisuse when it is not of its form */
export function checkPhoneNumber({ countryCode, purePhoneNumber }: SimulatedPhoneNumber): SimulatedPhoneNumber {
  if (!COUNTRY_CODE.test(String(countryCode)) || !PURE_NUMBER.test(purePhoneNumber)) {
    throw new SimulatorMisuse('a phone number has a country code of 1 to 3 digits, and 4 to 12 digits of its own');
  }
  return Object.freeze({ countryCode, purePhoneNumber });
}

export function phoneFieldsOf({ countryCode, purePhoneNumber }: SimulatedPhoneNumber): PhoneFields {
  const isForeign = String(countryCode) !== MAINLAND;
  return {
    phoneNumber: isForeign ? `${countryCode}${purePhoneNumber}` : purePhoneNumber,
    purePhoneNumber,
    countryCode,
  };
}
