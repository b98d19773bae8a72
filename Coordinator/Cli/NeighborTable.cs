using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Worker.Evaluation;
using Spectre.Console;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Nearest neighbours of words before and after tuning (Kim 2014, table 3).</summary>
public static class NeighborTable
{
    /// <summary>Shows two lines a word, before and after, and the mean overlap; words that are not in the vocabulary are said to be missing.</summary>
    public static void Show(NeighborRecord record)
    {
        // Escapes of a terminal have no place in a file; there a star says the same.
        bool colors = AnsiConsole.Profile.Capabilities.Ansi && !Console.IsOutputRedirected;
        Func<string, string> mark = colors ? word => $"\u001b[1;32m{word}\u001b[0m" : word => $"*{word}";
        Console.Out.WriteLine($"Nearest words before and after tuning ({mark(colors ? "green" : "")} has come in), the cosine of each word to its own start, and how many of the nearest are the same");
        foreach (string line in Lines(record, mark))
            Console.Out.WriteLine(line);
    }

    /// <summary>The lines.</summary>
    /// <param name="record">The words.</param>
    /// <param name="mark">How a neighbour looks that was none before.</param>
    public static IEnumerable<string> Lines(NeighborRecord record, Func<string, string> mark)
    {
        NeighborShifts shifts = record.Shifts;
        int width = shifts.Words.Select(w => w.Word).Concat(record.Missing).Select(word => PrintableText.Escape(word).Length).DefaultIfEmpty(0).Max();
        int overlap = $"{shifts.Count}/{shifts.Count}".Length;
        foreach (NeighborShift shift in shifts.Words)
        {
            string[] first = [.. shift.Before.Select(n => PrintableText.Escape(n.Word))];
            IEnumerable<string> second = shift.After.Select(n => PrintableText.Escape(n.Word)).Select(word => first.Contains(word, StringComparer.Ordinal) ? word : mark(word));
            string cosine = shift.Cosine is { } known ? known.ToString("F2", CultureInfo.InvariantCulture) : "-";
            yield return $"  {PrintableText.Escape(shift.Word).PadRight(width)}  {cosine,5}  {$"{shift.Shared}/{shift.Before.Count}".PadLeft(overlap)}  before  {string.Join(", ", first)}";
            yield return $"  {"".PadRight(width)}  {"",5}  {"".PadLeft(overlap)}  after   {string.Join(", ", second)}";
        }

        foreach (string missing in record.Missing)
            yield return $"  {PrintableText.Escape(missing).PadRight(width)}  not in the vocabulary";
        if (shifts is { MeanShared: { } shared, MeanJaccard: { } jaccard })
            yield return string.Create(CultureInfo.InvariantCulture, $"  on average {shared:F1} of {shifts.Count} are the same; overlap (Jaccard) {jaccard:F2}");
        if (record.Chosen == ProbeChoice.Named)
        {
            foreach (PairShift pair in shifts.Pairs)
                yield return $"  cosine of {PrintableText.Escape(pair.Word)} and {PrintableText.Escape(pair.Other)}: {Number(pair.Before)} before, {Number(pair.After)} after";
        }

        if (record.Chosen == ProbeChoice.MostTurned)
            yield return $"  The words are those of the {NeighborRecord.FrequentWords} most frequent whose vectors turned most; report.neighbors names others.";

        static string Number(double? cosine) => cosine?.ToString("F3", CultureInfo.InvariantCulture) ?? "none";
    }
}
