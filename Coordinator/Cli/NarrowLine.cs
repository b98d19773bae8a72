namespace DistEmbed.Coordinator.Cli;

/// <summary>Lines that say how far something is, on terminals of any width: what is needed least goes first, and the time left, which stands last, never.</summary>
public static class NarrowLine
{
    /// <summary>Columns in one line.</summary>
    /// <param name="columns">The columns in order, the time left last.</param>
    /// <param name="dropped">Indices of columns in the order in which they are left out where the line is too long.</param>
    /// <param name="width">Characters that there are.</param>
    public static string Of(IReadOnlyList<string> columns, IReadOnlyList<int> dropped, int width)
    {
        string line = Join([]);
        for (int count = 1; line.Length > width && count <= dropped.Count; count++)
            line = Join(dropped.Take(count));
        return Cut(line, width, columns[^1].Length);

        string Join(IEnumerable<int> without) => "  " + string.Join("  ", columns.Where((_, index) => !without.Contains(index)));
    }

    /// <summary>A line cut before its last characters, so that these stay.</summary>
    /// <param name="line">The line.</param>
    /// <param name="width">Characters that there are.</param>
    /// <param name="tail">How many of the last characters stay.</param>
    public static string Cut(string line, int width, int tail)
    {
        if (line.Length <= width)
            return line;
        tail = Math.Clamp(tail, 0, Math.Max(0, width - 1));
        return $"{line[..Math.Max(0, width - tail - 1)]}…{line[^tail..]}";
    }
}
