using System.Text.Json;
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
        string[] lines = output.Split('\n');
        int at = Array.FindIndex(lines, l => l.StartsWith("  cold ", StringComparison.Ordinal));
        Assert.EndsWith($"before  {first.Nearest(row, 1)[0].Word}", lines[at], StringComparison.Ordinal);
        Assert.Equal($"after   {last.Nearest(row, 1)[0].Word}", lines[at + 1].Replace("*", "", StringComparison.Ordinal).Trim());
    }

    [Fact]
    public async Task A_run_leaves_the_words_that_the_command_shows()
    {
        NeighborRecord left = NeighborRecord.Read(Path.Combine(toy.Run, "stages", "tuned", "neighbors.json"))!;
        Assert.Equal((ProbeChoice.Named, "sunny"), (left.Chosen, Assert.Single(left.Shifts.Words).Word));
        // Here from tables in memory, there from the checkpoint's files.
        JsonElement shown = JsonDocument.Parse(await Shell.OutputOf("neighbors", toy.Run, "--json")).RootElement;
        Assert.Equal(left.Step, shown.GetProperty("step").GetInt32());
        Assert.Equal(JsonSerializer.Serialize(left.Shifts, JsonSerializerOptions.Web), JsonSerializer.Serialize(shown.GetProperty("shifts").Deserialize<NeighborShifts>(JsonSerializerOptions.Web), JsonSerializerOptions.Web));
        Assert.Contains("/5  before", await Shell.OutputOf("neighbors", toy.Run), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(toy.Run, "stages", "vectors", "neighbors.json")));
    }

    [Fact]
    public async Task Without_words_those_of_the_job_are_shown()
    {
        Assert.Contains("\n  sunny ", await Shell.OutputOf("neighbors", toy.Run), StringComparison.Ordinal);
        await Shell.RefusalOf(["neighbors", toy.Run, "--stage", "vectors"], "WORD: is missing", "report.neighbors");
    }

    [Fact]
    public async Task Unknown_words_are_told_with_those_spelled_nearly_so()
    {
        string output = await Shell.RefusalOf(["neighbors", toy.Run, "sunyn", "dark"], "sunyn: is not in the vocabulary.", "Spelled nearly so: sunny");
        Assert.Contains("\n  dark ", output, StringComparison.Ordinal);
        string json = await Shell.RefusalOf(["neighbors", toy.Run, "sunyn", "dark", "--json"], "sunyn: is not in the vocabulary.");
        Assert.Equal("dark", JsonDocument.Parse(json).RootElement.GetProperty("shifts").GetProperty("words")[0].GetProperty("word").GetString());
        Assert.Equal("", await Shell.RefusalOf(["neighbors", toy.Run, "@zyzzyva"], "@zyzzyva: is not in the vocabulary.", "No word"));
        await Shell.RefusalOf(["neighbors", toy.Run, "--", "--dark"], "--dark: is not in the vocabulary.", "dark");
        await Shell.RefusalOf(["neighbors", toy.Run, "dark", "--count", "0"], "--count: is 0.");
    }
}
