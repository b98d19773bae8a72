using System.CommandLine;
using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed vectors inspect</c>: what a file of word vectors holds.</summary>
internal static class VectorsInspectCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The vectors." };
        var top = new Option<int>("--top") { Description = "Shows the first N words too.", HelpName = "N" };
        var command = new Command("inspect", """
            Reads a whole file of word vectors and tells its format, dimension, words, norms, and everything that is wrong with it.

            Examples:
              distembed vectors inspect glove.6B.100d.txt
              distembed vectors inspect runs/quickstart-1/stages/vectors/vectors.bin --top 10
            """) { file, top };
        command.SetAction(parsed =>
        {
            int words = parsed.GetValue(top);
            if (words < 0)
                throw new InvalidInputException("--top", $"is {words}.", "Give at least 1, or leave it out.");
            Inspect(parsed.GetRequiredValue(file), words);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Inspect(string path, int top)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var first = new List<(string Word, double Norm)>();
        long usable = 0, duplicates = 0;
        double sum = 0, least = double.PositiveInfinity, most = 0;
        VectorReadCounts counts = VectorFile.Read(path, (word, vector) =>
        {
            usable++;
            if (!seen.Add(word))
                duplicates++;
            double norm = NormOf(vector);
            (sum, least, most) = (sum + norm, Math.Min(least, norm), Math.Max(most, norm));
            if (first.Count < top)
                first.Add((word, norm));
        });
        Console.Out.WriteLine($"format      {VectorFormatNames.NameOf(counts.Info.Format)}{(counts.Info.Compressed ? ", gzip" : "")}");
        Line("dimension", Number(counts.Info.Dimension));
        Line("declared", counts.Info.DeclaredWords is { } declared ? $"{Number(declared)} words{(counts.HeaderIsWrong ? $", but there are {Number(counts.Entries)}" : "")}" : "no header");
        Line("words", $"{Number(usable)} read");
        Line("rejected", Number(counts.Rejected));
        foreach (RejectedEntry rejected in counts.FirstRejected)
            Console.Out.WriteLine($"            {Number(rejected.Place)}: {rejected.Reason}");
        Line("duplicates", Number(duplicates));
        if (counts.RepairedWords > 0)
            Line("repaired", $"{Number(counts.RepairedWords)} words that are no UTF-8");
        if (usable > 0)
            Line("norms", string.Create(CultureInfo.InvariantCulture, $"least {least:G6}, mean {sum / usable:G6}, greatest {most:G6}"));
        if (first.Count == 0)
            return;
        Console.Out.WriteLine();
        var table = new TextTable(rightAligned: 1);
        table.Add("word", "norm");
        foreach ((string word, double norm) in first)
            table.Add(word, norm.ToString("G6", CultureInfo.InvariantCulture));
        table.Write(Console.Out);
    }

    private static void Line(string name, string value) => Console.Out.WriteLine($"{name,-10}  {value}");

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static double NormOf(ReadOnlySpan<float> vector)
    {
        double squares = 0;
        foreach (float value in vector)
            squares += (double)value * value;
        return Math.Sqrt(squares);
    }
}
