using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What the layouts of vector files are called at the command line.</summary>
internal static class VectorFormatNames
{
    private static readonly Dictionary<string, VectorFormat> s_formats = new(StringComparer.Ordinal)
    {
        ["word2vec-text"] = VectorFormat.Word2VecText,
        ["word2vec-binary"] = VectorFormat.Word2VecBinary,
        ["glove"] = VectorFormat.GloVe,
        ["fasttext-vec"] = VectorFormat.FastTextVec,
    };

    public static IReadOnlyCollection<string> All => s_formats.Keys;

    public static VectorFormat Of(string name) => s_formats[name];

    public static string NameOf(VectorFormat format) => s_formats.First(f => f.Value == format).Key;
}
