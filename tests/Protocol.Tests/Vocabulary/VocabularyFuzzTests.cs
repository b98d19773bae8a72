using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Protocol.Tests.Vocabulary;

public sealed class VocabularyFuzzTests
{
    [Fact]
    public void Mutated_files_are_refused_with_their_lines_and_cost_little()
    {
        byte[][] good = ["the\t12\n\\t\t3\nü\t0\n"u8.ToArray(), "a\t9223372036854775807\n"u8.ToArray(), []];
        FuzzCount count = Fuzz.Run<InvalidInputException>(good, bytes => VocabularyFile.Read(new MemoryStream(bytes), "vocabulary"));
        count.ExpectShares(taken: 0.01);
    }
}
