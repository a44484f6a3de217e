// Label the cells of tables, for narrow windows: there site.css shows each row as a list of its cells.
for (const table of document.querySelectorAll("table.docutils")) {
  const labels = [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim());
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.cells].forEach((cell, column) => {
      if (column > 0 && labels.length > 2) cell.dataset.label = labels[column];
      if (!cell.textContent.trim()) cell.dataset.empty = "";
    });
  }
}
