using System.CommandLine;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed vectors</c>: looks at files of word vectors and converts them.</summary>
internal static class VectorsCommand
{
    public static Command Create() => new("vectors", """
        Looks at files of word vectors and converts them: word2vec text and binary, GloVe, fastText .vec, each gzipped or not, recognised by content.

        Examples:
          distembed vectors inspect glove.6B.100d.txt
          distembed vectors convert GoogleNews-vectors-negative300.bin.gz news.txt --format word2vec-text
        """)
    {
        VectorsInspectCommand.Create(),
        VectorsConvertCommand.Create(),
    };
}
