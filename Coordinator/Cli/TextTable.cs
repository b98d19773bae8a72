using System.Text;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Columns of text that stay on one line each, whatever the console's width: for output that other programs read too.</summary>
/// <param name="rightAligned">How many of the last columns are numbers, aligned right.</param>
internal sealed class TextTable(int rightAligned)
{
    private readonly List<string[]> _rows = [];

    /// <summary>
    /// Adds a row. Cells may hold labels and words of the user's data: what would end the line is escaped.
    /// </summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(PrintableText.Escape)]);

    public void Write(TextWriter output, string indent = "")
    {
        int[] widths = [.. Enumerable.Range(0, _rows.Max(r => r.Length)).Select(column => _rows.Max(r => column < r.Length ? r[column].Length : 0))];
        foreach (string[] row in _rows)
        {
            var line = new StringBuilder(indent);
            for (int column = 0; column < row.Length; column++)
            {
                if (column > 0)
                    line.Append("  ");
                line.Append(column >= widths.Length - rightAligned ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]));
            }

            output.WriteLine(line.ToString().TrimEnd());
        }
    }
}
