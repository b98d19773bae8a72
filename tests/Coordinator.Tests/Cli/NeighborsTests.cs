using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class NeighborsTests(TrainedToyRun toy)
{
    [Theory]
    [InlineData("tuned")]
    [InlineData("vectors")]
    public async Task Before_and_after_stand_side_by_side(string stage)
    {
        string output = await Shell.OutputOf("neighbors", toy.Run, "COLD", "--count", "1", "--stage", stage);
        using TrainedRun before = TrainedRun.OpenInitial(toy.Run, stage), after = TrainedRun.Open(toy.Run, stage);
        WordVectors first = before.ReadVectors(), last = after.ReadVectors();
        int row = after.Vocabulary.RowOf("cold");
        Assert.NotEqual(first.Vector(row).ToArray(), last.Vector(row).ToArray());
        string[] cells = [.. output.Split('\n').Single(l => l.Contains("cold ", StringComparison.Ordinal)).Split('│').Select(c => c.Trim())];
        Assert.Equal(["cold", Text(first.Nearest(row, 1)), Text(last.Nearest(row, 1))], cells[1..4]);
    }

    [Fact]
    public async Task Without_words_those_of_the_job_are_shown()
    {
        Assert.Contains("│ sunny", await Shell.OutputOf("neighbors", toy.Run), StringComparison.Ordinal);
        await Shell.RefusalOf(["neighbors", toy.Run, "--stage", "vectors"], "WORD: is missing", "report.neighbors");
    }

    [Fact]
    public async Task Unknown_words_are_told_with_those_spelled_nearly_so()
    {
        string output = await Shell.RefusalOf(["neighbors", toy.Run, "sunyn", "dark"], "sunyn: is not in the vocabulary.", "Spelled nearly so: sunny");
        Assert.Contains("│ dark", output, StringComparison.Ordinal);
        Assert.Equal("", await Shell.RefusalOf(["neighbors", toy.Run, "@zyzzyva"], "@zyzzyva: is not in the vocabulary.", "No word"));
        await Shell.RefusalOf(["neighbors", toy.Run, "--", "--dark"], "--dark: is not in the vocabulary.", "dark");
        await Shell.RefusalOf(["neighbors", toy.Run, "dark", "--count", "0"], "--count: is 0.");
    }

    private static string Text(IReadOnlyList<Neighbor> neighbors) => string.Create(CultureInfo.InvariantCulture, $"{neighbors[0].Word} {neighbors[0].Cosine:F2}");
}
