using CsCheck;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Protocol.Tests.Artifacts;

public class RowClassesFileTests
{
    [Fact]
    public void The_bytes_are_these() => Assert.Equal(
        "44454D42434C4153" + "01000000" + "02000000" + "03000000" + "0000000000000000" + "0500000000000000" + "000001000000",
        Convert.ToHexString(RowClassesFile.Bytes(new RowClasses([0, 5], [0, 1, 0]))));

    [Fact]
    public void What_was_written_is_read_again()
    {
        Gen.Select(Gen.ULong.Array[0, 255], Gen.Byte.Array[0, 500]).Sample((met, rows) =>
        {
            ulong[] selectors = [0, .. met.Where(m => m != 0).Distinct()];
            var written = new RowClasses(selectors, [.. rows.Select(row => (ushort)(row % selectors.Length))]);
            RowClasses read = RowClassesFile.Read(RowClassesFile.Bytes(written), "classes");
            Assert.Equal(written.All, read.All);
            Assert.Equal(selectors, Enumerable.Range(0, read.Count).Select(read.SelectorsOf));
            Assert.Equal(rows.Length, read.RowsOf.Sum());
        });
    }

    [Fact]
    public void Cut_and_mutated_files_are_refused()
    {
        byte[] whole = RowClassesFile.Bytes(new RowClasses([0, 1, 6], [0, 1, 2, 2, 0]));
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<ArtifactDamagedException>(() => RowClassesFile.Read(whole.AsSpan(0, length), "classes"));
        FuzzCount count = Fuzz.Run<ArtifactDamagedException>([whole], bytes => RowClassesFile.Read(bytes, "classes"));
        count.ExpectShares(taken: 0.01);
    }
}
