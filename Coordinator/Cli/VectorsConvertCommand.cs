using System.CommandLine;
using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed vectors convert</c>: the same vectors in another format.</summary>
internal static class VectorsConvertCommand
{
    public static Command Create()
    {
        var input = new Argument<string>("IN") { Description = "The vectors; their format is recognised." };
        var output = new Argument<string>("OUT") { Description = "The file to write." };
        Option<string?> format = ChoiceOption.Create("--format", "The format to write.", VectorFormatNames.All, required: true);
        var force = new Option<bool>("--force") { Description = "Replaces OUT if it exists." };
        var command = new Command("convert", """
            Writes a file of word vectors in another format. Every number keeps its bits. The file is read twice, once to count, and never held in memory.
            Entries that cannot be read (nan, too few numbers) or that the format cannot hold (a word with a blank, a line end or another control character) are left out and named.

            Examples:
              distembed vectors convert glove.6B.100d.txt glove.bin --format word2vec-binary
              distembed vectors convert news.bin.gz news.vec --format fasttext-vec --force
            """) { input, output, format, force };
        command.SetAction(parsed =>
        {
            string path = OutputPath.File(parsed.GetRequiredValue(output), parsed.GetValue(force));
            Convert(parsed.GetRequiredValue(input), path, VectorFormatNames.Of(parsed.GetRequiredValue(format)!));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Convert(string input, string output, VectorFormat format)
    {
        long count = 0;
        var leftOut = new LeftOutWords(format);
        VectorReadCounts counts = VectorFile.Read(input, (word, vector) => count += leftOut.Takes(word, vector) ? 1 : 0);
        if (count == 0)
        {
            string why = string.Concat(leftOut.Notes().Select(note => $"; {note}"));
            throw new InvalidInputException(
                input, $"holds no vector that can be converted{why}.", "Look at it with: distembed vectors inspect.");
        }

        OutputPath.Write(output, () => VectorWriter.Write(
            output, format, counts.Info.Dimension, count, VectorEntries.Of(input, word => VectorWriter.WhyNot(format, word) is null, count)));
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Wrote {count} words with {counts.Info.Dimension} numbers each to {output}."));
        if (counts.HeaderWarning is { } wrong)
            Console.Error.WriteLine($"warning: {input}: {wrong}");
        foreach (RejectedEntry rejected in counts.FirstRejected)
            Console.Error.WriteLine($"note: {input}: entry {rejected.Place} is left out: {rejected.Reason}");
        if (counts.Rejected > counts.FirstRejected.Count)
            Console.Error.WriteLine($"note: {input}: and {counts.Rejected - counts.FirstRejected.Count} more");
        foreach (string note in leftOut.Notes())
            Console.Error.WriteLine($"note: {input}: {note}");
    }
}
