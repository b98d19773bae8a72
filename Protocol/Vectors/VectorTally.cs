namespace DistEmbed.Protocol.Vectors;

/// <summary>Counts while a vector file is read.</summary>
internal sealed class VectorTally
{
    private const int Kept = 10;
    private readonly List<RejectedEntry> _first = [];

    public long Entries { get; set; }

    public long Rejected { get; private set; }

    public long RepairedWords { get; set; }

    public void Reject(long place, string reason)
    {
        Rejected++;
        if (_first.Count < Kept)
            _first.Add(new RejectedEntry(place, PrintableText.Line(reason, 200)));
    }

    public VectorReadCounts ToCounts(VectorFileInfo info) => new(info, Entries, Rejected, _first, RepairedWords);
}
