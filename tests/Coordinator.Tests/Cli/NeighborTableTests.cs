using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Tests.Cli;

public class NeighborTableTests
{
    private static readonly NeighborShift s_bad = new("bad", 0.25, [new("good", 0.9f), new("terrible", 0.5f)], [new("terrible", 0.9f), new("film", 0.4f)]);
    private static readonly NeighborShift s_zero = new("zero", null, [new("good", 0), new("bad", 0)], [new("good", 0), new("bad", 0)]);

    [Fact]
    public void Neighbours_that_come_in_are_marked_and_missing_words_are_said() => Assert.Equal(
        [
            "  bad    0.25  1/2  before  good, terrible",
            "                    after   terrible, *film",
            "  zero      -  2/2  before  good, bad",
            "                    after   good, bad",
            "  none  not in the vocabulary",
            "  on average 1.5 of 2 are the same; overlap (Jaccard) 0.67",
            "  cosine of bad and zero: 0.770 before, none after",
        ],
        NeighborTable.Lines(new NeighborRecord("s", 3, ProbeChoice.Named, ["none"], new NeighborShifts(2, [s_bad, s_zero]) { Pairs = [new PairShift("bad", "zero", 0.77, null)] }), word => $"*{word}"));

    [Fact]
    public void Words_that_nobody_named_are_said_to_be_chosen()
    {
        var record = new NeighborRecord("s", 3, ProbeChoice.MostTurned, [], new NeighborShifts(2, [s_bad]));
        Assert.Contains("whose vectors turned most", NeighborTable.Lines(record, word => word).Last(), StringComparison.Ordinal);
        Assert.Equal(["  none  not in the vocabulary"], NeighborTable.Lines(new NeighborRecord("s", 3, ProbeChoice.Named, ["none"], new NeighborShifts(2, [])), word => word));
    }
}
