// Shows what a Run counts while it is at work; the page is right without it, as it was when it was opened.
for (const place of document.querySelectorAll("[data-live]")) {
  const told = new EventSource(place.dataset.live);
  told.addEventListener("part", (event) => { place.innerHTML = event.data; }); // rendered and escaped by our server
  told.addEventListener("end", () => { told.close(); location.reload(); });
}
