/** The explorer that needs no internet: alice has logged in, and the docs say what else there is. */
export async function explorerScreenshot(page, origin, file) {
  const answer = await page.request.post(`${origin}/simulator/codes`, { data: { user: 'alice' } });
  const { code } = await answer.json();
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.goto(`${origin}/explorer`);
  await page.locator('app-variables-editor .cm-content').fill(JSON.stringify({ input: { code } }, null, 2));
  await page.getByRole('button', { name: 'Send Request' }).click();
  await page.locator('app-query-result').getByText('"openid"').waitFor();
  await page.getByText('Docs', { exact: true }).click();
  await page.locator('app-doc-viewer').getByText('Mutation', { exact: true }).click();
  await page.locator('app-doc-viewer').getByText('LoginPayload!').first().waitFor();
  await page.locator('.ngx-toastr').waitFor({ state: 'detached' });
  await page.screenshot({ path: file });
}
