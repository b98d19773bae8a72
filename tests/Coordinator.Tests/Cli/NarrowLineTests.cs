using CsCheck;
using DistEmbed.Coordinator.Cli;

namespace DistEmbed.Coordinator.Tests.Cli;

public class NarrowLineTests
{
    private static readonly string[] Columns = ["step 1340/4170", "epoch 2/5", "loss 1.6213", "279.9 steps/s", "562,325 words/s", "0:10 left"];

    [Theory]
    [InlineData(90, "  step 1340/4170  epoch 2/5  loss 1.6213  279.9 steps/s  562,325 words/s  0:10 left")]
    [InlineData(80, "  step 1340/4170  epoch 2/5  loss 1.6213  562,325 words/s  0:10 left")]
    [InlineData(60, "  step 1340/4170  epoch 2/5  loss 1.6213  0:10 left")]
    [InlineData(45, "  step 1340/4170  loss 1.6213  0:10 left")]
    [InlineData(30, "  step 1340/4170  0:10 left")]
    [InlineData(20, "  step 134…0:10 left")]
    public void Columns_go_from_the_least_needed_and_the_time_left_stays(int width, string line) =>
        Assert.Equal(line, NarrowLine.Of(Columns, [3, 4, 1, 2], width));

    [Fact]
    public void A_line_is_never_too_long_and_ends_as_it_did() => Gen.Select(Gen.String[0, 90], Gen.Int[1, 99], Gen.Int[0, 30]).Sample((line, width, tail) =>
    {
        string cut = NarrowLine.Cut(line, width, tail);
        int kept = Math.Min(Math.Min(tail, line.Length), width - 1);
        return cut.Length <= width && (line.Length <= width ? cut == line : cut.EndsWith(line[^kept..], StringComparison.Ordinal));
    });
}
