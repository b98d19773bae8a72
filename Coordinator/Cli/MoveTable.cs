using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What came of moving untouched words, as text.</summary>
internal static class MoveTable
{
    /// <summary>Writes every move beside none on dev, which is kept, and what the test part says.</summary>
    public static void Write(TextWriter output, MoveRequest request, MoveResult result)
    {
        string along = request.Ridges.Count > 0 ? "by a map fitted on" : $"with the {request.Neighbors} nearest of";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Moving {result.Untouched:N0} untouched words that have a pretrained vector {along} the {result.Moved:N0} that training moved, on dev"));
        var table = new TextTable(rightAligned: 4);
        table.Add("move", "accuracy", "loss", "now right", "now wrong");
        table.Add("none", Percent(result.None), Loss(result.None), "", "");
        foreach (MeasuredMove move in result.Tried)
            table.Add(Name(move), Percent(move.Dev), Loss(move.Dev), Whole(move.Gained), Whole(move.Lost));
        table.Write(output, "  ");
        output.WriteLine(result.Kept is { } kept ? $"Kept: {Name(kept)}." : "Kept: none. No move is better on dev than leaving the words where they are.");
        if (result.Test is not { } test)
            return;
        output.WriteLine(test is { Kept: { } moved, Difference: { } difference }
            ? string.Create(CultureInfo.InvariantCulture,
                $"test: {Percent(test.None)}, loss {Loss(test.None)} with none; {Percent(moved)}, loss {Loss(moved)} with what is kept: {100 * difference.Difference:+0.00;-0.00;0.00} ± {100 * difference.StandardError:F2} points on the same {difference.Examples:N0} examples ({difference.Gained} now right, {difference.Lost} now wrong)")
            : $"test: {Percent(test.None)}, loss {Loss(test.None)} with none");
    }

    private static string Name(MeasuredMove move) => string.Create(CultureInfo.InvariantCulture, $"{(move.Ridge is { } ridge ? $"ridge {ridge.ToString(CultureInfo.InvariantCulture)}, " : "")}strength {move.Strength}");

    private static string Percent(PartResult part) => part.Scores.MainText();

    private static string Loss(PartResult part) => part.Loss.ToString("F5", CultureInfo.InvariantCulture);

    private static string Whole(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
