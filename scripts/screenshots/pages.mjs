/** What a newcomer opens first, with a code of alice. */
export async function homeScreenshot(page, origin, file) {
  await page.setViewportSize({ width: 1280, height: 1030 });
  await page.goto(`${origin}/?lang=en`);
  await page.getByRole('button', { name: 'Get a code' }).click();
  await page.getByRole('status').getByText('A fresh code').waitFor();
  await page.locator('h1').click();
  await page.screenshot({ path: file });
}

/** alice has logged in, and the steps say how, down to the secret that stays. */
export async function phoneScreenshot(page, origin, file) {
  await page.setViewportSize({ width: 1280, height: 1530 });
  await page.goto(`${origin}/phone?lang=en`);
  await page.getByRole('button', { name: 'wx.login' }).click();
  await page.getByText('alice is logged in').waitFor();
  await page.locator('h1').click();
  await page.screenshot({ path: file });
}
