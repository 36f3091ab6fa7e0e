import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    b=p.chromium.launch(executable_path="/usr/bin/chromium"); pg=b.new_page(viewport={"width":760,"height":420})
    for f in sys.argv[1:]:
        pg.set_content(open(f).read()); pg.screenshot(path=f.replace(".svg",".png"))
    b.close()
