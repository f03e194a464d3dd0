import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace bep. */
export namespace bep {

    /**
     * Properties of a Hello.
     * @deprecated Use bep.Hello.$Properties instead.
     */
    interface IHello extends bep.Hello.$Properties {
    }

    /** Represents a Hello. */
    class Hello {

        /**
         * Constructs a new Hello.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Hello.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Hello deviceName. */
        deviceName: string;

        /** Hello clientName. */
        clientName: string;

        /** Hello clientVersion. */
        clientVersion: string;

        /** Hello numConnections. */
        numConnections: number;

        /** Hello timestamp. */
        timestamp: Long;

        /**
         * Creates a new Hello instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Hello instance
         */
        static create(properties: bep.Hello.$Shape): bep.Hello & bep.Hello.$Shape;
        static create(properties?: bep.Hello.$Properties): bep.Hello;

        /**
         * Encodes the specified Hello message. Does not implicitly {@link bep.Hello.verify|verify} messages.
         * @param message Hello message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Hello message, length delimited. Does not implicitly {@link bep.Hello.verify|verify} messages.
         * @param message Hello message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Hello & bep.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Hello & bep.Hello.$Shape;

        /**
         * Decodes a Hello message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Hello & bep.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Hello & bep.Hello.$Shape;

        /**
         * Verifies a Hello message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Hello message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Hello
         */
        static fromObject(object: { [k: string]: any }): bep.Hello;

        /**
         * Creates a plain object from a Hello message. Also converts values to other types if specified.
         * @param message Hello
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Hello, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Hello to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Hello
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Hello {

        /** Properties of a Hello. */
        interface $Properties {

            /** Hello deviceName */
            deviceName?: (string|null);

            /** Hello clientName */
            clientName?: (string|null);

            /** Hello clientVersion */
            clientVersion?: (string|null);

            /** Hello numConnections */
            numConnections?: (number|null);

            /** Hello timestamp */
            timestamp?: (Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Hello. */
        type $Shape = bep.Hello.$Properties;
    }

    /**
     * Properties of a Header.
     * @deprecated Use bep.Header.$Properties instead.
     */
    interface IHeader extends bep.Header.$Properties {
    }

    /** Represents a Header. */
    class Header {

        /**
         * Constructs a new Header.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Header.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Header type. */
        type: bep.MessageType;

        /** Header compression. */
        compression: bep.MessageCompression;

        /**
         * Creates a new Header instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Header instance
         */
        static create(properties: bep.Header.$Shape): bep.Header & bep.Header.$Shape;
        static create(properties?: bep.Header.$Properties): bep.Header;

        /**
         * Encodes the specified Header message. Does not implicitly {@link bep.Header.verify|verify} messages.
         * @param message Header message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Header.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Header message, length delimited. Does not implicitly {@link bep.Header.verify|verify} messages.
         * @param message Header message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Header.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Header message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Header & bep.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Header & bep.Header.$Shape;

        /**
         * Decodes a Header message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Header & bep.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Header & bep.Header.$Shape;

        /**
         * Verifies a Header message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Header message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Header
         */
        static fromObject(object: { [k: string]: any }): bep.Header;

        /**
         * Creates a plain object from a Header message. Also converts values to other types if specified.
         * @param message Header
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Header, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Header to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Header
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Header {

        /** Properties of a Header. */
        interface $Properties {

            /** Header type */
            type?: (bep.MessageType|null);

            /** Header compression */
            compression?: (bep.MessageCompression|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Header. */
        type $Shape = bep.Header.$Properties;
    }

    /** MessageType enum. */
    enum MessageType {

        /** MESSAGE_TYPE_CLUSTER_CONFIG value */
        MESSAGE_TYPE_CLUSTER_CONFIG = 0,

        /** MESSAGE_TYPE_INDEX value */
        MESSAGE_TYPE_INDEX = 1,

        /** MESSAGE_TYPE_INDEX_UPDATE value */
        MESSAGE_TYPE_INDEX_UPDATE = 2,

        /** MESSAGE_TYPE_REQUEST value */
        MESSAGE_TYPE_REQUEST = 3,

        /** MESSAGE_TYPE_RESPONSE value */
        MESSAGE_TYPE_RESPONSE = 4,

        /** MESSAGE_TYPE_DOWNLOAD_PROGRESS value */
        MESSAGE_TYPE_DOWNLOAD_PROGRESS = 5,

        /** MESSAGE_TYPE_PING value */
        MESSAGE_TYPE_PING = 6,

        /** MESSAGE_TYPE_CLOSE value */
        MESSAGE_TYPE_CLOSE = 7
    }

    /** MessageCompression enum. */
    enum MessageCompression {

        /** MESSAGE_COMPRESSION_NONE value */
        MESSAGE_COMPRESSION_NONE = 0,

        /** MESSAGE_COMPRESSION_LZ4 value */
        MESSAGE_COMPRESSION_LZ4 = 1
    }

    /**
     * Properties of a ClusterConfig.
     * @deprecated Use bep.ClusterConfig.$Properties instead.
     */
    interface IClusterConfig extends bep.ClusterConfig.$Properties {
    }

    /** Represents a ClusterConfig. */
    class ClusterConfig {

        /**
         * Constructs a new ClusterConfig.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.ClusterConfig.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ClusterConfig folders. */
        folders: bep.Folder.$Properties[];

        /** ClusterConfig secondary. */
        secondary: boolean;

        /**
         * Creates a new ClusterConfig instance using the specified properties.
         * @param [properties] Properties to set
         * @returns ClusterConfig instance
         */
        static create(properties: bep.ClusterConfig.$Shape): bep.ClusterConfig & bep.ClusterConfig.$Shape;
        static create(properties?: bep.ClusterConfig.$Properties): bep.ClusterConfig;

        /**
         * Encodes the specified ClusterConfig message. Does not implicitly {@link bep.ClusterConfig.verify|verify} messages.
         * @param message ClusterConfig message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.ClusterConfig.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified ClusterConfig message, length delimited. Does not implicitly {@link bep.ClusterConfig.verify|verify} messages.
         * @param message ClusterConfig message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.ClusterConfig.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ClusterConfig message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.ClusterConfig & bep.ClusterConfig.$Shape} ClusterConfig
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.ClusterConfig & bep.ClusterConfig.$Shape;

        /**
         * Decodes a ClusterConfig message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.ClusterConfig & bep.ClusterConfig.$Shape} ClusterConfig
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.ClusterConfig & bep.ClusterConfig.$Shape;

        /**
         * Verifies a ClusterConfig message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a ClusterConfig message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns ClusterConfig
         */
        static fromObject(object: { [k: string]: any }): bep.ClusterConfig;

        /**
         * Creates a plain object from a ClusterConfig message. Also converts values to other types if specified.
         * @param message ClusterConfig
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.ClusterConfig, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this ClusterConfig to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for ClusterConfig
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace ClusterConfig {

        /** Properties of a ClusterConfig. */
        interface $Properties {

            /** ClusterConfig folders */
            folders?: (bep.Folder.$Properties[]|null);

            /** ClusterConfig secondary */
            secondary?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ClusterConfig. */
        type $Shape = bep.ClusterConfig.$Properties;
    }

    /**
     * Properties of a Folder.
     * @deprecated Use bep.Folder.$Properties instead.
     */
    interface IFolder extends bep.Folder.$Properties {
    }

    /** Represents a Folder. */
    class Folder {

        /**
         * Constructs a new Folder.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Folder.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Folder id. */
        id: string;

        /** Folder label. */
        label: string;

        /** Folder type. */
        type: number;

        /** Folder ignorePermissions. */
        ignorePermissions: boolean;

        /** Folder ignoreDelete. */
        ignoreDelete: boolean;

        /** Folder disableTempIndexes. */
        disableTempIndexes: boolean;

        /** Folder stopReason. */
        stopReason: number;

        /** Folder devices. */
        devices: bep.Device.$Properties[];

        /**
         * Creates a new Folder instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Folder instance
         */
        static create(properties: bep.Folder.$Shape): bep.Folder & bep.Folder.$Shape;
        static create(properties?: bep.Folder.$Properties): bep.Folder;

        /**
         * Encodes the specified Folder message. Does not implicitly {@link bep.Folder.verify|verify} messages.
         * @param message Folder message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Folder.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Folder message, length delimited. Does not implicitly {@link bep.Folder.verify|verify} messages.
         * @param message Folder message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Folder.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Folder message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Folder & bep.Folder.$Shape} Folder
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Folder & bep.Folder.$Shape;

        /**
         * Decodes a Folder message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Folder & bep.Folder.$Shape} Folder
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Folder & bep.Folder.$Shape;

        /**
         * Verifies a Folder message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Folder message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Folder
         */
        static fromObject(object: { [k: string]: any }): bep.Folder;

        /**
         * Creates a plain object from a Folder message. Also converts values to other types if specified.
         * @param message Folder
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Folder, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Folder to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Folder
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Folder {

        /** Properties of a Folder. */
        interface $Properties {

            /** Folder id */
            id?: (string|null);

            /** Folder label */
            label?: (string|null);

            /** Folder type */
            type?: (number|null);

            /** Folder ignorePermissions */
            ignorePermissions?: (boolean|null);

            /** Folder ignoreDelete */
            ignoreDelete?: (boolean|null);

            /** Folder disableTempIndexes */
            disableTempIndexes?: (boolean|null);

            /** Folder stopReason */
            stopReason?: (number|null);

            /** Folder devices */
            devices?: (bep.Device.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Folder. */
        type $Shape = bep.Folder.$Properties;
    }

    /**
     * Properties of a Device.
     * @deprecated Use bep.Device.$Properties instead.
     */
    interface IDevice extends bep.Device.$Properties {
    }

    /** Represents a Device. */
    class Device {

        /**
         * Constructs a new Device.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Device.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Device id. */
        id: Uint8Array;

        /** Device name. */
        name: string;

        /** Device addresses. */
        addresses: string[];

        /** Device compression. */
        compression: number;

        /** Device certName. */
        certName: string;

        /** Device maxSequence. */
        maxSequence: Long;

        /** Device introducer. */
        introducer: boolean;

        /** Device indexId. */
        indexId: Long;

        /** Device skipIntroductionRemovals. */
        skipIntroductionRemovals: boolean;

        /** Device encryptionPasswordToken. */
        encryptionPasswordToken: Uint8Array;

        /**
         * Creates a new Device instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Device instance
         */
        static create(properties: bep.Device.$Shape): bep.Device & bep.Device.$Shape;
        static create(properties?: bep.Device.$Properties): bep.Device;

        /**
         * Encodes the specified Device message. Does not implicitly {@link bep.Device.verify|verify} messages.
         * @param message Device message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Device.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Device message, length delimited. Does not implicitly {@link bep.Device.verify|verify} messages.
         * @param message Device message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Device.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Device message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Device & bep.Device.$Shape} Device
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Device & bep.Device.$Shape;

        /**
         * Decodes a Device message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Device & bep.Device.$Shape} Device
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Device & bep.Device.$Shape;

        /**
         * Verifies a Device message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Device message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Device
         */
        static fromObject(object: { [k: string]: any }): bep.Device;

        /**
         * Creates a plain object from a Device message. Also converts values to other types if specified.
         * @param message Device
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Device, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Device to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Device
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Device {

        /** Properties of a Device. */
        interface $Properties {

            /** Device id */
            id?: (Uint8Array|null);

            /** Device name */
            name?: (string|null);

            /** Device addresses */
            addresses?: (string[]|null);

            /** Device compression */
            compression?: (number|null);

            /** Device certName */
            certName?: (string|null);

            /** Device maxSequence */
            maxSequence?: (Long|null);

            /** Device introducer */
            introducer?: (boolean|null);

            /** Device indexId */
            indexId?: (Long|null);

            /** Device skipIntroductionRemovals */
            skipIntroductionRemovals?: (boolean|null);

            /** Device encryptionPasswordToken */
            encryptionPasswordToken?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Device. */
        type $Shape = bep.Device.$Properties;
    }

    /**
     * Properties of an Index.
     * @deprecated Use bep.Index.$Properties instead.
     */
    interface IIndex extends bep.Index.$Properties {
    }

    /** Represents an Index. */
    class Index {

        /**
         * Constructs a new Index.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Index.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Index folder. */
        folder: string;

        /** Index files. */
        files: bep.FileInfo.$Properties[];

        /** Index lastSequence. */
        lastSequence: Long;

        /**
         * Creates a new Index instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Index instance
         */
        static create(properties: bep.Index.$Shape): bep.Index & bep.Index.$Shape;
        static create(properties?: bep.Index.$Properties): bep.Index;

        /**
         * Encodes the specified Index message. Does not implicitly {@link bep.Index.verify|verify} messages.
         * @param message Index message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Index.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Index message, length delimited. Does not implicitly {@link bep.Index.verify|verify} messages.
         * @param message Index message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Index.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Index message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Index & bep.Index.$Shape} Index
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Index & bep.Index.$Shape;

        /**
         * Decodes an Index message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Index & bep.Index.$Shape} Index
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Index & bep.Index.$Shape;

        /**
         * Verifies an Index message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an Index message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Index
         */
        static fromObject(object: { [k: string]: any }): bep.Index;

        /**
         * Creates a plain object from an Index message. Also converts values to other types if specified.
         * @param message Index
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Index, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Index to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Index
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Index {

        /** Properties of an Index. */
        interface $Properties {

            /** Index folder */
            folder?: (string|null);

            /** Index files */
            files?: (bep.FileInfo.$Properties[]|null);

            /** Index lastSequence */
            lastSequence?: (Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Index. */
        type $Shape = bep.Index.$Properties;
    }

    /**
     * Properties of an IndexUpdate.
     * @deprecated Use bep.IndexUpdate.$Properties instead.
     */
    interface IIndexUpdate extends bep.IndexUpdate.$Properties {
    }

    /** Represents an IndexUpdate. */
    class IndexUpdate {

        /**
         * Constructs a new IndexUpdate.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.IndexUpdate.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** IndexUpdate folder. */
        folder: string;

        /** IndexUpdate files. */
        files: bep.FileInfo.$Properties[];

        /** IndexUpdate lastSequence. */
        lastSequence: Long;

        /** IndexUpdate prevSequence. */
        prevSequence: Long;

        /**
         * Creates a new IndexUpdate instance using the specified properties.
         * @param [properties] Properties to set
         * @returns IndexUpdate instance
         */
        static create(properties: bep.IndexUpdate.$Shape): bep.IndexUpdate & bep.IndexUpdate.$Shape;
        static create(properties?: bep.IndexUpdate.$Properties): bep.IndexUpdate;

        /**
         * Encodes the specified IndexUpdate message. Does not implicitly {@link bep.IndexUpdate.verify|verify} messages.
         * @param message IndexUpdate message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.IndexUpdate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified IndexUpdate message, length delimited. Does not implicitly {@link bep.IndexUpdate.verify|verify} messages.
         * @param message IndexUpdate message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.IndexUpdate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an IndexUpdate message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.IndexUpdate & bep.IndexUpdate.$Shape} IndexUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.IndexUpdate & bep.IndexUpdate.$Shape;

        /**
         * Decodes an IndexUpdate message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.IndexUpdate & bep.IndexUpdate.$Shape} IndexUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.IndexUpdate & bep.IndexUpdate.$Shape;

        /**
         * Verifies an IndexUpdate message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an IndexUpdate message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns IndexUpdate
         */
        static fromObject(object: { [k: string]: any }): bep.IndexUpdate;

        /**
         * Creates a plain object from an IndexUpdate message. Also converts values to other types if specified.
         * @param message IndexUpdate
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.IndexUpdate, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this IndexUpdate to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for IndexUpdate
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace IndexUpdate {

        /** Properties of an IndexUpdate. */
        interface $Properties {

            /** IndexUpdate folder */
            folder?: (string|null);

            /** IndexUpdate files */
            files?: (bep.FileInfo.$Properties[]|null);

            /** IndexUpdate lastSequence */
            lastSequence?: (Long|null);

            /** IndexUpdate prevSequence */
            prevSequence?: (Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an IndexUpdate. */
        type $Shape = bep.IndexUpdate.$Properties;
    }

    /**
     * Properties of a FileInfo.
     * @deprecated Use bep.FileInfo.$Properties instead.
     */
    interface IFileInfo extends bep.FileInfo.$Properties {
    }

    /** Represents a FileInfo. */
    class FileInfo {

        /**
         * Constructs a new FileInfo.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.FileInfo.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** FileInfo name. */
        name: string;

        /** FileInfo type. */
        type: bep.FileInfoType;

        /** FileInfo size. */
        size: Long;

        /** FileInfo permissions. */
        permissions: number;

        /** FileInfo modifiedS. */
        modifiedS: Long;

        /** FileInfo deleted. */
        deleted: boolean;

        /** FileInfo invalid. */
        invalid: boolean;

        /** FileInfo noPermissions. */
        noPermissions: boolean;

        /** FileInfo version. */
        version?: (bep.Vector.$Properties|null);

        /** FileInfo sequence. */
        sequence: Long;

        /** FileInfo modifiedNs. */
        modifiedNs: number;

        /** FileInfo modifiedBy. */
        modifiedBy: Long;

        /** FileInfo blockSize. */
        blockSize: number;

        /** FileInfo platform. */
        platform?: (bep.PlatformData.$Properties|null);

        /** FileInfo blocks. */
        blocks: bep.BlockInfo.$Properties[];

        /** FileInfo symlinkTarget. */
        symlinkTarget: Uint8Array;

        /** FileInfo blocksHash. */
        blocksHash: Uint8Array;

        /** FileInfo encrypted. */
        encrypted: Uint8Array;

        /** FileInfo previousBlocksHash. */
        previousBlocksHash: Uint8Array;

        /** FileInfo localFlags. */
        localFlags: number;

        /** FileInfo versionHash. */
        versionHash: Uint8Array;

        /** FileInfo inodeChangeNs. */
        inodeChangeNs: Long;

        /** FileInfo encryptionTrailerSize. */
        encryptionTrailerSize: number;

        /**
         * Creates a new FileInfo instance using the specified properties.
         * @param [properties] Properties to set
         * @returns FileInfo instance
         */
        static create(properties: bep.FileInfo.$Shape): bep.FileInfo & bep.FileInfo.$Shape;
        static create(properties?: bep.FileInfo.$Properties): bep.FileInfo;

        /**
         * Encodes the specified FileInfo message. Does not implicitly {@link bep.FileInfo.verify|verify} messages.
         * @param message FileInfo message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.FileInfo.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified FileInfo message, length delimited. Does not implicitly {@link bep.FileInfo.verify|verify} messages.
         * @param message FileInfo message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.FileInfo.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a FileInfo message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.FileInfo & bep.FileInfo.$Shape} FileInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.FileInfo & bep.FileInfo.$Shape;

        /**
         * Decodes a FileInfo message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.FileInfo & bep.FileInfo.$Shape} FileInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.FileInfo & bep.FileInfo.$Shape;

        /**
         * Verifies a FileInfo message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a FileInfo message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns FileInfo
         */
        static fromObject(object: { [k: string]: any }): bep.FileInfo;

        /**
         * Creates a plain object from a FileInfo message. Also converts values to other types if specified.
         * @param message FileInfo
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.FileInfo, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this FileInfo to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for FileInfo
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace FileInfo {

        /** Properties of a FileInfo. */
        interface $Properties {

            /** FileInfo name */
            name?: (string|null);

            /** FileInfo type */
            type?: (bep.FileInfoType|null);

            /** FileInfo size */
            size?: (Long|null);

            /** FileInfo permissions */
            permissions?: (number|null);

            /** FileInfo modifiedS */
            modifiedS?: (Long|null);

            /** FileInfo deleted */
            deleted?: (boolean|null);

            /** FileInfo invalid */
            invalid?: (boolean|null);

            /** FileInfo noPermissions */
            noPermissions?: (boolean|null);

            /** FileInfo version */
            version?: (bep.Vector.$Properties|null);

            /** FileInfo sequence */
            sequence?: (Long|null);

            /** FileInfo modifiedNs */
            modifiedNs?: (number|null);

            /** FileInfo modifiedBy */
            modifiedBy?: (Long|null);

            /** FileInfo blockSize */
            blockSize?: (number|null);

            /** FileInfo platform */
            platform?: (bep.PlatformData.$Properties|null);

            /** FileInfo blocks */
            blocks?: (bep.BlockInfo.$Properties[]|null);

            /** FileInfo symlinkTarget */
            symlinkTarget?: (Uint8Array|null);

            /** FileInfo blocksHash */
            blocksHash?: (Uint8Array|null);

            /** FileInfo encrypted */
            encrypted?: (Uint8Array|null);

            /** FileInfo previousBlocksHash */
            previousBlocksHash?: (Uint8Array|null);

            /** FileInfo localFlags */
            localFlags?: (number|null);

            /** FileInfo versionHash */
            versionHash?: (Uint8Array|null);

            /** FileInfo inodeChangeNs */
            inodeChangeNs?: (Long|null);

            /** FileInfo encryptionTrailerSize */
            encryptionTrailerSize?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a FileInfo. */
        type $Shape = bep.FileInfo.$Properties;
    }

    /** FileInfoType enum. */
    enum FileInfoType {

        /** FILE_INFO_TYPE_FILE value */
        FILE_INFO_TYPE_FILE = 0,

        /** FILE_INFO_TYPE_DIRECTORY value */
        FILE_INFO_TYPE_DIRECTORY = 1,

        /** FILE_INFO_TYPE_SYMLINK_FILE value */
        FILE_INFO_TYPE_SYMLINK_FILE = 2,

        /** FILE_INFO_TYPE_SYMLINK_DIRECTORY value */
        FILE_INFO_TYPE_SYMLINK_DIRECTORY = 3,

        /** FILE_INFO_TYPE_SYMLINK value */
        FILE_INFO_TYPE_SYMLINK = 4
    }

    /**
     * Properties of a BlockInfo.
     * @deprecated Use bep.BlockInfo.$Properties instead.
     */
    interface IBlockInfo extends bep.BlockInfo.$Properties {
    }

    /** Represents a BlockInfo. */
    class BlockInfo {

        /**
         * Constructs a new BlockInfo.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.BlockInfo.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** BlockInfo offset. */
        offset: Long;

        /** BlockInfo size. */
        size: number;

        /** BlockInfo hash. */
        hash: Uint8Array;

        /** BlockInfo weakHash. */
        weakHash: number;

        /**
         * Creates a new BlockInfo instance using the specified properties.
         * @param [properties] Properties to set
         * @returns BlockInfo instance
         */
        static create(properties: bep.BlockInfo.$Shape): bep.BlockInfo & bep.BlockInfo.$Shape;
        static create(properties?: bep.BlockInfo.$Properties): bep.BlockInfo;

        /**
         * Encodes the specified BlockInfo message. Does not implicitly {@link bep.BlockInfo.verify|verify} messages.
         * @param message BlockInfo message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.BlockInfo.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified BlockInfo message, length delimited. Does not implicitly {@link bep.BlockInfo.verify|verify} messages.
         * @param message BlockInfo message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.BlockInfo.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a BlockInfo message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.BlockInfo & bep.BlockInfo.$Shape} BlockInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.BlockInfo & bep.BlockInfo.$Shape;

        /**
         * Decodes a BlockInfo message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.BlockInfo & bep.BlockInfo.$Shape} BlockInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.BlockInfo & bep.BlockInfo.$Shape;

        /**
         * Verifies a BlockInfo message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a BlockInfo message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns BlockInfo
         */
        static fromObject(object: { [k: string]: any }): bep.BlockInfo;

        /**
         * Creates a plain object from a BlockInfo message. Also converts values to other types if specified.
         * @param message BlockInfo
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.BlockInfo, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this BlockInfo to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for BlockInfo
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace BlockInfo {

        /** Properties of a BlockInfo. */
        interface $Properties {

            /** BlockInfo offset */
            offset?: (Long|null);

            /** BlockInfo size */
            size?: (number|null);

            /** BlockInfo hash */
            hash?: (Uint8Array|null);

            /** BlockInfo weakHash */
            weakHash?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a BlockInfo. */
        type $Shape = bep.BlockInfo.$Properties;
    }

    /**
     * Properties of a Vector.
     * @deprecated Use bep.Vector.$Properties instead.
     */
    interface IVector extends bep.Vector.$Properties {
    }

    /** Represents a Vector. */
    class Vector {

        /**
         * Constructs a new Vector.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Vector.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Vector counters. */
        counters: bep.Counter.$Properties[];

        /**
         * Creates a new Vector instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Vector instance
         */
        static create(properties: bep.Vector.$Shape): bep.Vector & bep.Vector.$Shape;
        static create(properties?: bep.Vector.$Properties): bep.Vector;

        /**
         * Encodes the specified Vector message. Does not implicitly {@link bep.Vector.verify|verify} messages.
         * @param message Vector message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Vector.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Vector message, length delimited. Does not implicitly {@link bep.Vector.verify|verify} messages.
         * @param message Vector message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Vector.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Vector message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Vector & bep.Vector.$Shape} Vector
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Vector & bep.Vector.$Shape;

        /**
         * Decodes a Vector message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Vector & bep.Vector.$Shape} Vector
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Vector & bep.Vector.$Shape;

        /**
         * Verifies a Vector message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Vector message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Vector
         */
        static fromObject(object: { [k: string]: any }): bep.Vector;

        /**
         * Creates a plain object from a Vector message. Also converts values to other types if specified.
         * @param message Vector
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Vector, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Vector to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Vector
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Vector {

        /** Properties of a Vector. */
        interface $Properties {

            /** Vector counters */
            counters?: (bep.Counter.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Vector. */
        type $Shape = bep.Vector.$Properties;
    }

    /**
     * Properties of a Counter.
     * @deprecated Use bep.Counter.$Properties instead.
     */
    interface ICounter extends bep.Counter.$Properties {
    }

    /** Represents a Counter. */
    class Counter {

        /**
         * Constructs a new Counter.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Counter.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Counter id. */
        id: Long;

        /** Counter value. */
        value: Long;

        /**
         * Creates a new Counter instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Counter instance
         */
        static create(properties: bep.Counter.$Shape): bep.Counter & bep.Counter.$Shape;
        static create(properties?: bep.Counter.$Properties): bep.Counter;

        /**
         * Encodes the specified Counter message. Does not implicitly {@link bep.Counter.verify|verify} messages.
         * @param message Counter message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Counter.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Counter message, length delimited. Does not implicitly {@link bep.Counter.verify|verify} messages.
         * @param message Counter message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Counter.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Counter message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Counter & bep.Counter.$Shape} Counter
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Counter & bep.Counter.$Shape;

        /**
         * Decodes a Counter message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Counter & bep.Counter.$Shape} Counter
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Counter & bep.Counter.$Shape;

        /**
         * Verifies a Counter message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Counter message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Counter
         */
        static fromObject(object: { [k: string]: any }): bep.Counter;

        /**
         * Creates a plain object from a Counter message. Also converts values to other types if specified.
         * @param message Counter
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Counter, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Counter to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Counter
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Counter {

        /** Properties of a Counter. */
        interface $Properties {

            /** Counter id */
            id?: (Long|null);

            /** Counter value */
            value?: (Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Counter. */
        type $Shape = bep.Counter.$Properties;
    }

    /**
     * Properties of a PlatformData.
     * @deprecated Use bep.PlatformData.$Properties instead.
     */
    interface IPlatformData extends bep.PlatformData.$Properties {
    }

    /** Represents a PlatformData. */
    class PlatformData {

        /**
         * Constructs a new PlatformData.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.PlatformData.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PlatformData unix. */
        unix?: (bep.UnixData.$Properties|null);

        /** PlatformData windows. */
        windows?: (bep.WindowsData.$Properties|null);

        /** PlatformData linux. */
        linux?: (bep.XattrData.$Properties|null);

        /** PlatformData darwin. */
        darwin?: (bep.XattrData.$Properties|null);

        /** PlatformData freebsd. */
        freebsd?: (bep.XattrData.$Properties|null);

        /** PlatformData netbsd. */
        netbsd?: (bep.XattrData.$Properties|null);

        /**
         * Creates a new PlatformData instance using the specified properties.
         * @param [properties] Properties to set
         * @returns PlatformData instance
         */
        static create(properties: bep.PlatformData.$Shape): bep.PlatformData & bep.PlatformData.$Shape;
        static create(properties?: bep.PlatformData.$Properties): bep.PlatformData;

        /**
         * Encodes the specified PlatformData message. Does not implicitly {@link bep.PlatformData.verify|verify} messages.
         * @param message PlatformData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.PlatformData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified PlatformData message, length delimited. Does not implicitly {@link bep.PlatformData.verify|verify} messages.
         * @param message PlatformData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.PlatformData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PlatformData message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.PlatformData & bep.PlatformData.$Shape} PlatformData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.PlatformData & bep.PlatformData.$Shape;

        /**
         * Decodes a PlatformData message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.PlatformData & bep.PlatformData.$Shape} PlatformData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.PlatformData & bep.PlatformData.$Shape;

        /**
         * Verifies a PlatformData message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a PlatformData message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns PlatformData
         */
        static fromObject(object: { [k: string]: any }): bep.PlatformData;

        /**
         * Creates a plain object from a PlatformData message. Also converts values to other types if specified.
         * @param message PlatformData
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.PlatformData, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this PlatformData to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for PlatformData
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace PlatformData {

        /** Properties of a PlatformData. */
        interface $Properties {

            /** PlatformData unix */
            unix?: (bep.UnixData.$Properties|null);

            /** PlatformData windows */
            windows?: (bep.WindowsData.$Properties|null);

            /** PlatformData linux */
            linux?: (bep.XattrData.$Properties|null);

            /** PlatformData darwin */
            darwin?: (bep.XattrData.$Properties|null);

            /** PlatformData freebsd */
            freebsd?: (bep.XattrData.$Properties|null);

            /** PlatformData netbsd */
            netbsd?: (bep.XattrData.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PlatformData. */
        type $Shape = bep.PlatformData.$Properties;
    }

    /**
     * Properties of a UnixData.
     * @deprecated Use bep.UnixData.$Properties instead.
     */
    interface IUnixData extends bep.UnixData.$Properties {
    }

    /** Represents a UnixData. */
    class UnixData {

        /**
         * Constructs a new UnixData.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.UnixData.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** UnixData ownerName. */
        ownerName: string;

        /** UnixData groupName. */
        groupName: string;

        /** UnixData uid. */
        uid: number;

        /** UnixData gid. */
        gid: number;

        /**
         * Creates a new UnixData instance using the specified properties.
         * @param [properties] Properties to set
         * @returns UnixData instance
         */
        static create(properties: bep.UnixData.$Shape): bep.UnixData & bep.UnixData.$Shape;
        static create(properties?: bep.UnixData.$Properties): bep.UnixData;

        /**
         * Encodes the specified UnixData message. Does not implicitly {@link bep.UnixData.verify|verify} messages.
         * @param message UnixData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.UnixData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified UnixData message, length delimited. Does not implicitly {@link bep.UnixData.verify|verify} messages.
         * @param message UnixData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.UnixData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a UnixData message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.UnixData & bep.UnixData.$Shape} UnixData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.UnixData & bep.UnixData.$Shape;

        /**
         * Decodes a UnixData message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.UnixData & bep.UnixData.$Shape} UnixData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.UnixData & bep.UnixData.$Shape;

        /**
         * Verifies a UnixData message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a UnixData message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns UnixData
         */
        static fromObject(object: { [k: string]: any }): bep.UnixData;

        /**
         * Creates a plain object from a UnixData message. Also converts values to other types if specified.
         * @param message UnixData
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.UnixData, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this UnixData to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for UnixData
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace UnixData {

        /** Properties of a UnixData. */
        interface $Properties {

            /** UnixData ownerName */
            ownerName?: (string|null);

            /** UnixData groupName */
            groupName?: (string|null);

            /** UnixData uid */
            uid?: (number|null);

            /** UnixData gid */
            gid?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a UnixData. */
        type $Shape = bep.UnixData.$Properties;
    }

    /**
     * Properties of a WindowsData.
     * @deprecated Use bep.WindowsData.$Properties instead.
     */
    interface IWindowsData extends bep.WindowsData.$Properties {
    }

    /** Represents a WindowsData. */
    class WindowsData {

        /**
         * Constructs a new WindowsData.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.WindowsData.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** WindowsData ownerName. */
        ownerName: string;

        /** WindowsData ownerIsGroup. */
        ownerIsGroup: boolean;

        /**
         * Creates a new WindowsData instance using the specified properties.
         * @param [properties] Properties to set
         * @returns WindowsData instance
         */
        static create(properties: bep.WindowsData.$Shape): bep.WindowsData & bep.WindowsData.$Shape;
        static create(properties?: bep.WindowsData.$Properties): bep.WindowsData;

        /**
         * Encodes the specified WindowsData message. Does not implicitly {@link bep.WindowsData.verify|verify} messages.
         * @param message WindowsData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.WindowsData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified WindowsData message, length delimited. Does not implicitly {@link bep.WindowsData.verify|verify} messages.
         * @param message WindowsData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.WindowsData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a WindowsData message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.WindowsData & bep.WindowsData.$Shape} WindowsData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.WindowsData & bep.WindowsData.$Shape;

        /**
         * Decodes a WindowsData message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.WindowsData & bep.WindowsData.$Shape} WindowsData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.WindowsData & bep.WindowsData.$Shape;

        /**
         * Verifies a WindowsData message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a WindowsData message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns WindowsData
         */
        static fromObject(object: { [k: string]: any }): bep.WindowsData;

        /**
         * Creates a plain object from a WindowsData message. Also converts values to other types if specified.
         * @param message WindowsData
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.WindowsData, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this WindowsData to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for WindowsData
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace WindowsData {

        /** Properties of a WindowsData. */
        interface $Properties {

            /** WindowsData ownerName */
            ownerName?: (string|null);

            /** WindowsData ownerIsGroup */
            ownerIsGroup?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a WindowsData. */
        type $Shape = bep.WindowsData.$Properties;
    }

    /**
     * Properties of a XattrData.
     * @deprecated Use bep.XattrData.$Properties instead.
     */
    interface IXattrData extends bep.XattrData.$Properties {
    }

    /** Represents a XattrData. */
    class XattrData {

        /**
         * Constructs a new XattrData.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.XattrData.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** XattrData xattrs. */
        xattrs: bep.Xattr.$Properties[];

        /**
         * Creates a new XattrData instance using the specified properties.
         * @param [properties] Properties to set
         * @returns XattrData instance
         */
        static create(properties: bep.XattrData.$Shape): bep.XattrData & bep.XattrData.$Shape;
        static create(properties?: bep.XattrData.$Properties): bep.XattrData;

        /**
         * Encodes the specified XattrData message. Does not implicitly {@link bep.XattrData.verify|verify} messages.
         * @param message XattrData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.XattrData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified XattrData message, length delimited. Does not implicitly {@link bep.XattrData.verify|verify} messages.
         * @param message XattrData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.XattrData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a XattrData message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.XattrData & bep.XattrData.$Shape} XattrData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.XattrData & bep.XattrData.$Shape;

        /**
         * Decodes a XattrData message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.XattrData & bep.XattrData.$Shape} XattrData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.XattrData & bep.XattrData.$Shape;

        /**
         * Verifies a XattrData message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a XattrData message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns XattrData
         */
        static fromObject(object: { [k: string]: any }): bep.XattrData;

        /**
         * Creates a plain object from a XattrData message. Also converts values to other types if specified.
         * @param message XattrData
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.XattrData, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this XattrData to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for XattrData
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace XattrData {

        /** Properties of a XattrData. */
        interface $Properties {

            /** XattrData xattrs */
            xattrs?: (bep.Xattr.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a XattrData. */
        type $Shape = bep.XattrData.$Properties;
    }

    /**
     * Properties of a Xattr.
     * @deprecated Use bep.Xattr.$Properties instead.
     */
    interface IXattr extends bep.Xattr.$Properties {
    }

    /** Represents a Xattr. */
    class Xattr {

        /**
         * Constructs a new Xattr.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Xattr.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Xattr name. */
        name: string;

        /** Xattr value. */
        value: Uint8Array;

        /**
         * Creates a new Xattr instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Xattr instance
         */
        static create(properties: bep.Xattr.$Shape): bep.Xattr & bep.Xattr.$Shape;
        static create(properties?: bep.Xattr.$Properties): bep.Xattr;

        /**
         * Encodes the specified Xattr message. Does not implicitly {@link bep.Xattr.verify|verify} messages.
         * @param message Xattr message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Xattr.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Xattr message, length delimited. Does not implicitly {@link bep.Xattr.verify|verify} messages.
         * @param message Xattr message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Xattr.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Xattr message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Xattr & bep.Xattr.$Shape} Xattr
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Xattr & bep.Xattr.$Shape;

        /**
         * Decodes a Xattr message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Xattr & bep.Xattr.$Shape} Xattr
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Xattr & bep.Xattr.$Shape;

        /**
         * Verifies a Xattr message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Xattr message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Xattr
         */
        static fromObject(object: { [k: string]: any }): bep.Xattr;

        /**
         * Creates a plain object from a Xattr message. Also converts values to other types if specified.
         * @param message Xattr
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Xattr, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Xattr to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Xattr
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Xattr {

        /** Properties of a Xattr. */
        interface $Properties {

            /** Xattr name */
            name?: (string|null);

            /** Xattr value */
            value?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Xattr. */
        type $Shape = bep.Xattr.$Properties;
    }

    /**
     * Properties of a Request.
     * @deprecated Use bep.Request.$Properties instead.
     */
    interface IRequest extends bep.Request.$Properties {
    }

    /** Represents a Request. */
    class Request {

        /**
         * Constructs a new Request.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Request.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Request id. */
        id: number;

        /** Request folder. */
        folder: string;

        /** Request name. */
        name: string;

        /** Request offset. */
        offset: Long;

        /** Request size. */
        size: number;

        /** Request hash. */
        hash: Uint8Array;

        /** Request fromTemporary. */
        fromTemporary: boolean;

        /** Request weakHash. */
        weakHash: number;

        /** Request blockNo. */
        blockNo: number;

        /**
         * Creates a new Request instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Request instance
         */
        static create(properties: bep.Request.$Shape): bep.Request & bep.Request.$Shape;
        static create(properties?: bep.Request.$Properties): bep.Request;

        /**
         * Encodes the specified Request message. Does not implicitly {@link bep.Request.verify|verify} messages.
         * @param message Request message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Request.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Request message, length delimited. Does not implicitly {@link bep.Request.verify|verify} messages.
         * @param message Request message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Request.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Request message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Request & bep.Request.$Shape} Request
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Request & bep.Request.$Shape;

        /**
         * Decodes a Request message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Request & bep.Request.$Shape} Request
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Request & bep.Request.$Shape;

        /**
         * Verifies a Request message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Request message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Request
         */
        static fromObject(object: { [k: string]: any }): bep.Request;

        /**
         * Creates a plain object from a Request message. Also converts values to other types if specified.
         * @param message Request
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Request, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Request to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Request
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Request {

        /** Properties of a Request. */
        interface $Properties {

            /** Request id */
            id?: (number|null);

            /** Request folder */
            folder?: (string|null);

            /** Request name */
            name?: (string|null);

            /** Request offset */
            offset?: (Long|null);

            /** Request size */
            size?: (number|null);

            /** Request hash */
            hash?: (Uint8Array|null);

            /** Request fromTemporary */
            fromTemporary?: (boolean|null);

            /** Request weakHash */
            weakHash?: (number|null);

            /** Request blockNo */
            blockNo?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Request. */
        type $Shape = bep.Request.$Properties;
    }

    /**
     * Properties of a Response.
     * @deprecated Use bep.Response.$Properties instead.
     */
    interface IResponse extends bep.Response.$Properties {
    }

    /** Represents a Response. */
    class Response {

        /**
         * Constructs a new Response.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Response.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Response id. */
        id: number;

        /** Response data. */
        data: Uint8Array;

        /** Response code. */
        code: bep.ErrorCode;

        /**
         * Creates a new Response instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Response instance
         */
        static create(properties: bep.Response.$Shape): bep.Response & bep.Response.$Shape;
        static create(properties?: bep.Response.$Properties): bep.Response;

        /**
         * Encodes the specified Response message. Does not implicitly {@link bep.Response.verify|verify} messages.
         * @param message Response message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Response.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Response message, length delimited. Does not implicitly {@link bep.Response.verify|verify} messages.
         * @param message Response message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Response.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Response message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Response & bep.Response.$Shape} Response
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Response & bep.Response.$Shape;

        /**
         * Decodes a Response message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Response & bep.Response.$Shape} Response
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Response & bep.Response.$Shape;

        /**
         * Verifies a Response message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Response message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Response
         */
        static fromObject(object: { [k: string]: any }): bep.Response;

        /**
         * Creates a plain object from a Response message. Also converts values to other types if specified.
         * @param message Response
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Response, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Response to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Response
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Response {

        /** Properties of a Response. */
        interface $Properties {

            /** Response id */
            id?: (number|null);

            /** Response data */
            data?: (Uint8Array|null);

            /** Response code */
            code?: (bep.ErrorCode|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Response. */
        type $Shape = bep.Response.$Properties;
    }

    /** ErrorCode enum. */
    enum ErrorCode {

        /** ERROR_CODE_NO_ERROR value */
        ERROR_CODE_NO_ERROR = 0,

        /** ERROR_CODE_GENERIC value */
        ERROR_CODE_GENERIC = 1,

        /** ERROR_CODE_NO_SUCH_FILE value */
        ERROR_CODE_NO_SUCH_FILE = 2,

        /** ERROR_CODE_INVALID_FILE value */
        ERROR_CODE_INVALID_FILE = 3
    }

    /**
     * Properties of a DownloadProgress.
     * @deprecated Use bep.DownloadProgress.$Properties instead.
     */
    interface IDownloadProgress extends bep.DownloadProgress.$Properties {
    }

    /** Represents a DownloadProgress. */
    class DownloadProgress {

        /**
         * Constructs a new DownloadProgress.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.DownloadProgress.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** DownloadProgress folder. */
        folder: string;

        /** DownloadProgress updates. */
        updates: bep.FileDownloadProgressUpdate.$Properties[];

        /**
         * Creates a new DownloadProgress instance using the specified properties.
         * @param [properties] Properties to set
         * @returns DownloadProgress instance
         */
        static create(properties: bep.DownloadProgress.$Shape): bep.DownloadProgress & bep.DownloadProgress.$Shape;
        static create(properties?: bep.DownloadProgress.$Properties): bep.DownloadProgress;

        /**
         * Encodes the specified DownloadProgress message. Does not implicitly {@link bep.DownloadProgress.verify|verify} messages.
         * @param message DownloadProgress message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.DownloadProgress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified DownloadProgress message, length delimited. Does not implicitly {@link bep.DownloadProgress.verify|verify} messages.
         * @param message DownloadProgress message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.DownloadProgress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a DownloadProgress message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.DownloadProgress & bep.DownloadProgress.$Shape} DownloadProgress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.DownloadProgress & bep.DownloadProgress.$Shape;

        /**
         * Decodes a DownloadProgress message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.DownloadProgress & bep.DownloadProgress.$Shape} DownloadProgress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.DownloadProgress & bep.DownloadProgress.$Shape;

        /**
         * Verifies a DownloadProgress message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a DownloadProgress message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns DownloadProgress
         */
        static fromObject(object: { [k: string]: any }): bep.DownloadProgress;

        /**
         * Creates a plain object from a DownloadProgress message. Also converts values to other types if specified.
         * @param message DownloadProgress
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.DownloadProgress, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this DownloadProgress to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for DownloadProgress
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace DownloadProgress {

        /** Properties of a DownloadProgress. */
        interface $Properties {

            /** DownloadProgress folder */
            folder?: (string|null);

            /** DownloadProgress updates */
            updates?: (bep.FileDownloadProgressUpdate.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a DownloadProgress. */
        type $Shape = bep.DownloadProgress.$Properties;
    }

    /**
     * Properties of a FileDownloadProgressUpdate.
     * @deprecated Use bep.FileDownloadProgressUpdate.$Properties instead.
     */
    interface IFileDownloadProgressUpdate extends bep.FileDownloadProgressUpdate.$Properties {
    }

    /** Represents a FileDownloadProgressUpdate. */
    class FileDownloadProgressUpdate {

        /**
         * Constructs a new FileDownloadProgressUpdate.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.FileDownloadProgressUpdate.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** FileDownloadProgressUpdate updateType. */
        updateType: bep.FileDownloadProgressUpdateType;

        /** FileDownloadProgressUpdate name. */
        name: string;

        /** FileDownloadProgressUpdate version. */
        version?: (bep.Vector.$Properties|null);

        /** FileDownloadProgressUpdate blockIndexes. */
        blockIndexes: number[];

        /** FileDownloadProgressUpdate blockSize. */
        blockSize: number;

        /**
         * Creates a new FileDownloadProgressUpdate instance using the specified properties.
         * @param [properties] Properties to set
         * @returns FileDownloadProgressUpdate instance
         */
        static create(properties: bep.FileDownloadProgressUpdate.$Shape): bep.FileDownloadProgressUpdate & bep.FileDownloadProgressUpdate.$Shape;
        static create(properties?: bep.FileDownloadProgressUpdate.$Properties): bep.FileDownloadProgressUpdate;

        /**
         * Encodes the specified FileDownloadProgressUpdate message. Does not implicitly {@link bep.FileDownloadProgressUpdate.verify|verify} messages.
         * @param message FileDownloadProgressUpdate message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.FileDownloadProgressUpdate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified FileDownloadProgressUpdate message, length delimited. Does not implicitly {@link bep.FileDownloadProgressUpdate.verify|verify} messages.
         * @param message FileDownloadProgressUpdate message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.FileDownloadProgressUpdate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a FileDownloadProgressUpdate message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.FileDownloadProgressUpdate & bep.FileDownloadProgressUpdate.$Shape} FileDownloadProgressUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.FileDownloadProgressUpdate & bep.FileDownloadProgressUpdate.$Shape;

        /**
         * Decodes a FileDownloadProgressUpdate message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.FileDownloadProgressUpdate & bep.FileDownloadProgressUpdate.$Shape} FileDownloadProgressUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.FileDownloadProgressUpdate & bep.FileDownloadProgressUpdate.$Shape;

        /**
         * Verifies a FileDownloadProgressUpdate message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a FileDownloadProgressUpdate message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns FileDownloadProgressUpdate
         */
        static fromObject(object: { [k: string]: any }): bep.FileDownloadProgressUpdate;

        /**
         * Creates a plain object from a FileDownloadProgressUpdate message. Also converts values to other types if specified.
         * @param message FileDownloadProgressUpdate
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.FileDownloadProgressUpdate, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this FileDownloadProgressUpdate to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for FileDownloadProgressUpdate
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace FileDownloadProgressUpdate {

        /** Properties of a FileDownloadProgressUpdate. */
        interface $Properties {

            /** FileDownloadProgressUpdate updateType */
            updateType?: (bep.FileDownloadProgressUpdateType|null);

            /** FileDownloadProgressUpdate name */
            name?: (string|null);

            /** FileDownloadProgressUpdate version */
            version?: (bep.Vector.$Properties|null);

            /** FileDownloadProgressUpdate blockIndexes */
            blockIndexes?: (number[]|null);

            /** FileDownloadProgressUpdate blockSize */
            blockSize?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a FileDownloadProgressUpdate. */
        type $Shape = bep.FileDownloadProgressUpdate.$Properties;
    }

    /** FileDownloadProgressUpdateType enum. */
    enum FileDownloadProgressUpdateType {

        /** FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_APPEND value */
        FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_APPEND = 0,

        /** FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_FORGET value */
        FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_FORGET = 1
    }

    /**
     * Properties of a Ping.
     * @deprecated Use bep.Ping.$Properties instead.
     */
    interface IPing extends bep.Ping.$Properties {
    }

    /** Represents a Ping. */
    class Ping {

        /**
         * Constructs a new Ping.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Ping.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /**
         * Creates a new Ping instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Ping instance
         */
        static create(properties: bep.Ping.$Shape): bep.Ping & bep.Ping.$Shape;
        static create(properties?: bep.Ping.$Properties): bep.Ping;

        /**
         * Encodes the specified Ping message. Does not implicitly {@link bep.Ping.verify|verify} messages.
         * @param message Ping message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Ping.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Ping message, length delimited. Does not implicitly {@link bep.Ping.verify|verify} messages.
         * @param message Ping message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Ping.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Ping message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Ping & bep.Ping.$Shape} Ping
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Ping & bep.Ping.$Shape;

        /**
         * Decodes a Ping message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Ping & bep.Ping.$Shape} Ping
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Ping & bep.Ping.$Shape;

        /**
         * Verifies a Ping message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Ping message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Ping
         */
        static fromObject(object: { [k: string]: any }): bep.Ping;

        /**
         * Creates a plain object from a Ping message. Also converts values to other types if specified.
         * @param message Ping
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Ping, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Ping to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Ping
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Ping {

        /** Properties of a Ping. */
        interface $Properties {

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Ping. */
        type $Shape = bep.Ping.$Properties;
    }

    /**
     * Properties of a Close.
     * @deprecated Use bep.Close.$Properties instead.
     */
    interface IClose extends bep.Close.$Properties {
    }

    /** Represents a Close. */
    class Close {

        /**
         * Constructs a new Close.
         * @param [properties] Properties to set
         */
        constructor(properties?: bep.Close.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Close reason. */
        reason: string;

        /**
         * Creates a new Close instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Close instance
         */
        static create(properties: bep.Close.$Shape): bep.Close & bep.Close.$Shape;
        static create(properties?: bep.Close.$Properties): bep.Close;

        /**
         * Encodes the specified Close message. Does not implicitly {@link bep.Close.verify|verify} messages.
         * @param message Close message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: bep.Close.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Encodes the specified Close message, length delimited. Does not implicitly {@link bep.Close.verify|verify} messages.
         * @param message Close message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encodeDelimited(message: bep.Close.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Close message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {bep.Close & bep.Close.$Shape} Close
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): bep.Close & bep.Close.$Shape;

        /**
         * Decodes a Close message from the specified reader or buffer, length delimited.
         * @param reader Reader or buffer to decode from
         * @returns {bep.Close & bep.Close.$Shape} Close
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decodeDelimited(reader: ($protobuf.Reader|Uint8Array)): bep.Close & bep.Close.$Shape;

        /**
         * Verifies a Close message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Close message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Close
         */
        static fromObject(object: { [k: string]: any }): bep.Close;

        /**
         * Creates a plain object from a Close message. Also converts values to other types if specified.
         * @param message Close
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: bep.Close, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Close to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Close
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Close {

        /** Properties of a Close. */
        interface $Properties {

            /** Close reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Close. */
        type $Shape = bep.Close.$Properties;
    }
}
